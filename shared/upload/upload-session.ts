import type { CompleteUpload, LinkUpload, SignedParts, UploadedParts } from '../cases/links/upload-api.ts'
import { persistently } from './persistently.ts'
import { compositeSha256 } from './sha256.ts'
import { type PartToSign, type Transport, transferParts } from './transfer-parts.ts'
import { addSample, type Sample, timeLeft, transferRate } from './transfer-rate.ts'
import { UploadTrouble } from './upload-trouble.ts'

export type FileToUpload = { readonly file: Blob; readonly fileName: string }

/** `keptBytes` were in storage already when the upload was taken up again, and `isLost` while no answer comes. */
export type UploadState =
  | { readonly phase: 'starting' }
  | {
      readonly phase: 'sending'
      readonly arrivedBytes: number
      readonly keptBytes: number
      readonly bytesPerSecond: number | null
      readonly millisecondsLeft: number | null
      readonly retries: number
      readonly isLost: boolean
    }
  | { readonly phase: 'paused'; readonly arrivedBytes: number }
  | { readonly phase: 'completing' }
  | { readonly phase: 'done' }
  | { readonly phase: 'failed'; readonly error: unknown }
  | { readonly phase: 'cancelled' }

/** The API as an upload uses it: under a case, or under an upload link. */
export type UploadApi = {
  readonly start: (body: { fileName: string; bytes: number }, signal: AbortSignal) => Promise<LinkUpload>
  readonly sign: (uploadId: string, parts: PartToSign[], signal: AbortSignal) => Promise<SignedParts>
  readonly list: (uploadId: string, signal: AbortSignal) => Promise<UploadedParts>
  readonly complete: (uploadId: string, body: CompleteUpload, signal: AbortSignal) => Promise<unknown>
  readonly abort: (uploadId: string) => Promise<void>
}

/** Where an upload is remembered between visits, for this very file and destination. */
export type UploadMemory = {
  readonly recall: () => LinkUpload | null
  readonly keep: (upload: LinkUpload) => void
  readonly forget: () => void
}

export type UploadCalls = Omit<Transport, 'sign'> & { readonly api: UploadApi; readonly memory: UploadMemory }

export type UploadSession = {
  /** Runs from wherever the last run got to; after a pause or a failure, call it again to go on. Never rejects. */
  readonly run: () => Promise<void>
  /** Stops sending; storage keeps what it has. */
  readonly pause: () => void
  /** Stops and gives the parts up; a finished upload stays. */
  readonly cancel: () => void
}

/**
 * One upload from its start to the complete dump. What was reached stays reached: a run after a failure starts no second
 * upload and sends no part twice, and one that was remembered from another day goes on from the parts that storage lists.
 */
export const uploadSession = (
  { file, fileName }: FileToUpload,
  calls: UploadCalls,
  onState: (state: UploadState) => void,
): UploadSession => {
  const { api, memory } = calls
  const cancelled = new AbortController()
  const done = new Map<number, string>()
  let stored: ReadonlyMap<number, string> = new Map()
  let upload: LinkUpload | undefined
  let arrivedBytes = 0
  let stop = new AbortController()

  /** An upload from before is taken up if it is still open, and forgotten if not. */
  const takeUp = async (signal: AbortSignal): Promise<LinkUpload | undefined> => {
    const remembered = memory.recall()
    if (remembered === null) return undefined
    try {
      stored = await listed(remembered.uploadId, signal)
      return remembered
    } catch (error) {
      signal.throwIfAborted()
      if (!isOver(error)) throw error
      memory.forget()
      return undefined
    }
  }
  const listed = async (uploadId: string, signal: AbortSignal): Promise<Map<number, string>> => {
    const { parts } = await api.list(uploadId, signal)
    return new Map(parts.map(({ partNumber, sha256 }) => [partNumber, sha256]))
  }

  const send = async (plan: LinkUpload, signal: AbortSignal): Promise<void> => {
    let samples: Sample[] = []
    await transferParts({
      file,
      plan,
      done,
      stored,
      transport: { ...calls, sign: (parts, untilFailure) => api.sign(plan.uploadId, parts, untilFailure) },
      signal,
      onProgress: (progress) => {
        arrivedBytes = progress.arrivedBytes
        // What was there before says nothing of the line's speed.
        samples = addSample(samples, { at: calls.now(), bytes: arrivedBytes - progress.keptBytes })
        const bytesPerSecond = transferRate(samples)
        const millisecondsLeft = timeLeft(file.size - arrivedBytes, bytesPerSecond)
        onState({ phase: 'sending', ...progress, bytesPerSecond, millisecondsLeft })
      },
    })
  }

  const complete = async ({ uploadId }: LinkUpload, signal: AbortSignal): Promise<void> => {
    const digests = [...done].sort(([a], [b]) => a - b).map(([, sha256]) => sha256)
    const sha256 = await compositeSha256(digests)
    try {
      const onLost = (): void => onState({ phase: 'completing' })
      await persistently({ wait: calls.wait, signal, onLost }, () => api.complete(uploadId, { sha256 }, signal))
    } catch (error) {
      signal.throwIfAborted()
      // Should storage have lost or changed a part, the next run compares all of them anew.
      if (isOver(error)) {
        done.clear()
        stored = await listed(uploadId, signal)
      }
      throw error
    }
  }

  const advance = async (signal: AbortSignal): Promise<void> => {
    onState({ phase: 'starting' })
    upload ??= await takeUp(signal)
    upload ??= await api.start({ fileName, bytes: file.size }, signal)
    memory.keep(upload)
    await send(upload, signal)
    onState({ phase: 'completing' })
    await complete(upload, signal)
    memory.forget()
    onState({ phase: 'done' })
  }

  const giveUp = async (): Promise<void> => {
    onState({ phase: 'cancelled' })
    memory.forget()
    // Storage drops parts nobody completes after a while by itself, so a failure here costs the user nothing.
    if (upload !== undefined) await api.abort(upload.uploadId).catch(() => undefined)
  }

  let running = false
  let finished = false
  return {
    run: async () => {
      if (running || finished || cancelled.signal.aborted) return
      running = true
      stop = new AbortController()
      const signal = AbortSignal.any([cancelled.signal, stop.signal])
      try {
        await advance(signal)
        finished = true
      } catch (error) {
        if (cancelled.signal.aborted) await giveUp()
        else if (stop.signal.aborted) onState({ phase: 'paused', arrivedBytes })
        else onState({ phase: 'failed', error })
      } finally {
        running = false
      }
    },
    pause: () => stop.abort(new DOMException('The upload was paused.', 'AbortError')),
    cancel: () => {
      if (finished || cancelled.signal.aborted) return
      cancelled.abort(new DOMException('The upload was cancelled.', 'AbortError'))
      if (!running) void giveUp()
    },
  }
}

/** The API will not have it so, however often it is asked: the upload is unknown, finished, given up, or made of other parts. */
const isOver = (error: unknown): boolean => error instanceof UploadTrouble && error.kind === 'final'
