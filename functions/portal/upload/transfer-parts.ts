import type { SignedParts, Upload } from '../../../shared/cases/api.ts'

type SignedPart = SignedParts['parts'][number]

/** What a transfer needs of the outside world. Every call may fail; failing calls are tried again. */
export type Transport = {
  /** Presigned URLs for these parts. */
  readonly sign: (partNumbers: number[], signal: AbortSignal) => Promise<SignedPart[]>
  /** Sends one part, tells the bytes sent so far of it, and answers its ETag. */
  readonly put: (url: string, body: Blob, sent: (bytes: number) => void, signal: AbortSignal) => Promise<string>
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export type Transfer = {
  readonly file: Blob
  readonly upload: Upload
  /** ETags of the parts that storage has, by part number. Filled as parts arrive, so a second call carries on. */
  readonly done: Map<number, string>
  readonly transport: Transport
  readonly onProgress: (progress: TransferProgress) => void
  readonly signal: AbortSignal
}

/** `sentBytes` shrinks when a part fails and is sent again; `retries` counts such parts since the transfer began. */
export type TransferProgress = { readonly sentBytes: number; readonly doneParts: number; readonly retries: number }

const parallelParts = 4
/** Few, because a presigned URL ages while it waits for its turn. */
const signedAtOnce = 8
export const attemptsPerPart = 6

/** Milliseconds to wait after failed attempt number `attempt` (from 1): half a second, doubled each time. */
export const retryDelay = (attempt: number): number => 500 * 2 ** (attempt - 1)

/** The bytes of part `partNumber` (from 1) as a range of the file. */
export const partRange = (upload: Upload, fileBytes: number, partNumber: number): { start: number; end: number } => {
  const start = (partNumber - 1) * upload.partBytes
  return { start, end: Math.min(start + upload.partBytes, fileBytes) }
}

/**
 * Sends every part that is not in `done`, several at a time, each tried `attemptsPerPart` times with a freshly signed
 * URL. Resolves when storage has all parts; rejects with the first part's last error, or with the signal's reason.
 */
export const transferParts = async (transfer: Transfer): Promise<void> => {
  const { file, upload, done, transport } = transfer
  const failure = new AbortController()
  const signal = AbortSignal.any([transfer.signal, failure.signal])
  const pending = Array.from({ length: upload.parts }, (_, index) => index + 1).filter((number) => !done.has(number))
  const inFlight = new Map<number, number>()
  let retries = 0

  const size = (partNumber: number): number => {
    const { start, end } = partRange(upload, file.size, partNumber)
    return end - start
  }
  let doneBytes = [...done.keys()].reduce((sum, partNumber) => sum + size(partNumber), 0)
  const report = (): void => {
    const flying = [...inFlight.values()].reduce((sum, bytes) => sum + bytes, 0)
    transfer.onProgress({ sentBytes: doneBytes + flying, doneParts: done.size, retries })
  }

  const persistently = async <T>(action: (attempt: number) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await action(attempt)
      } catch (error) {
        if (signal.aborted || attempt === attemptsPerPart) throw error
        await transport.wait(retryDelay(attempt), signal)
      }
    }
  }

  const signed: SignedPart[] = []
  let signing: Promise<void> | undefined
  const signMore = async (): Promise<void> => {
    const group = pending.splice(0, signedAtOnce)
    signed.push(...(await persistently(() => transport.sign(group, signal))))
  }
  const nextPart = async (): Promise<SignedPart | undefined> => {
    while (signed.length === 0) {
      if (signing === undefined) {
        if (pending.length === 0) return undefined
        signing = signMore().finally(() => {
          signing = undefined
        })
      }
      await signing
    }
    return signed.shift()
  }

  const send = async (first: SignedPart): Promise<void> => {
    const { partNumber } = first
    const { start, end } = partRange(upload, file.size, partNumber)
    const etag = await persistently(async (attempt) => {
      if (attempt > 1) retries++
      const [part] = attempt === 1 ? [first] : await transport.sign([partNumber], signal)
      if (part === undefined) throw new Error(`Part ${partNumber} was not signed.`)
      try {
        const progress = (bytes: number): void => {
          inFlight.set(partNumber, Math.min(bytes, end - start))
          report()
        }
        return await transport.put(part.url, file.slice(start, end), progress, signal)
      } finally {
        inFlight.delete(partNumber)
        report()
      }
    })
    done.set(partNumber, etag)
    doneBytes += end - start
    report()
  }

  const worker = async (): Promise<void> => {
    for (let part = await nextPart(); part !== undefined; part = await nextPart()) await send(part)
  }
  report()
  try {
    await Promise.all(Array.from({ length: parallelParts }, worker))
  } catch (error) {
    failure.abort(error)
    throw error
  }
}
