import { UploadTrouble } from './upload-trouble.ts'

export const mostRefusals = 6

/** Milliseconds to wait after failed attempt number `attempt` (from 1): half a second, doubled each time, up to 15 s. */
const retryDelay = (attempt: number): number => Math.min(15_000, 500 * 2 ** (attempt - 1))

export type Patience = {
  /** May end sooner where the line is known to be back. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>
  readonly onLost: () => void
  readonly signal: AbortSignal
}

/**
 * Tries until it succeeds: after a refusal `mostRefusals` times in all, while the line is down for as long as it takes.
 * Rejects with the last error, or with the signal's reason.
 */
export const persistently = async <T>(
  { wait, onLost, signal }: Patience,
  action: (attempt: number) => Promise<T>,
): Promise<T> => {
  let refusals = 0
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await action(attempt)
    } catch (error) {
      signal.throwIfAborted()
      const kind = error instanceof UploadTrouble ? error.kind : 'passing'
      if (kind === 'final' || (kind === 'passing' && ++refusals === mostRefusals)) throw error
      if (kind === 'lost') onLost()
      await wait(retryDelay(attempt), signal)
    }
  }
}
