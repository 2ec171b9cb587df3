import type { CompleteUpload, SignedParts, Upload } from '../../../shared/cases/api.ts'
import { type Transport, transferParts } from './transfer-parts.ts'
import { addSample, type Sample, timeLeft, transferRate } from './transfer-rate.ts'

export type UploadRequest = {
  readonly file: Blob
  readonly fileName: string
  readonly title: string
  /** The case that gets the dump; null makes a new one. */
  readonly caseId: string | null
}

export type UploadState =
  | { readonly phase: 'starting' }
  | {
      readonly phase: 'sending'
      readonly sentBytes: number
      readonly bytesPerSecond: number | null
      readonly millisecondsLeft: number | null
      readonly retries: number
    }
  | { readonly phase: 'completing' }
  | { readonly phase: 'done'; readonly caseId: string }
  | { readonly phase: 'failed'; readonly error: unknown }
  | { readonly phase: 'cancelled'; readonly caseId: string | null }

/** The calls an upload makes; the portal passes its API client, a test its own. */
export type UploadCalls = Pick<Transport, 'put' | 'wait'> & {
  readonly now: () => number
  readonly createCase: (body: { title: string }, signal: AbortSignal) => Promise<{ caseId: string }>
  readonly startUpload: (
    caseId: string,
    body: { fileName: string; bytes: number },
    signal: AbortSignal,
  ) => Promise<Upload>
  readonly signParts: (
    caseId: string,
    uploadId: string,
    body: { partNumbers: number[] },
    signal: AbortSignal,
  ) => Promise<SignedParts>
  readonly completeUpload: (
    caseId: string,
    uploadId: string,
    body: CompleteUpload,
    signal: AbortSignal,
  ) => Promise<unknown>
  readonly abortUpload: (caseId: string, uploadId: string) => Promise<void>
}

export type UploadSession = {
  /** Runs from wherever the last run got to; after a failure, call it again to go on. Never rejects. */
  readonly run: () => Promise<void>
  /** Stops and gives the parts up; a finished upload stays. */
  readonly cancel: () => void
}

/**
 * One upload from new case to completed dump. Whatever was reached stays reached: a run after a failure makes no second
 * case, starts no second upload and sends no part twice.
 */
export const uploadSession = (
  request: UploadRequest,
  calls: UploadCalls,
  onState: (state: UploadState) => void,
): UploadSession => {
  const stop = new AbortController()
  const { signal } = stop
  const done = new Map<number, string>()
  let caseId = request.caseId
  let upload: Upload | undefined

  const send = async (caseOfUpload: string, started: Upload): Promise<void> => {
    let samples: Sample[] = []
    const transport: Transport = {
      put: calls.put,
      wait: calls.wait,
      sign: async (partNumbers, untilFailure) =>
        (await calls.signParts(caseOfUpload, started.uploadId, { partNumbers }, untilFailure)).parts,
    }
    await transferParts({
      file: request.file,
      upload: started,
      done,
      transport,
      signal,
      onProgress: ({ sentBytes, retries }) => {
        samples = addSample(samples, { at: calls.now(), bytes: sentBytes })
        const bytesPerSecond = transferRate(samples)
        const millisecondsLeft = timeLeft(request.file.size - sentBytes, bytesPerSecond)
        onState({ phase: 'sending', sentBytes, bytesPerSecond, millisecondsLeft, retries })
      },
    })
  }

  const advance = async (): Promise<void> => {
    onState({ phase: 'starting' })
    caseId ??= (await calls.createCase({ title: request.title }, signal)).caseId
    const { fileName, file } = request
    upload ??= await calls.startUpload(caseId, { fileName, bytes: file.size }, signal)
    await send(caseId, upload)
    onState({ phase: 'completing' })
    const parts = [...done].sort(([a], [b]) => a - b).map(([partNumber, etag]) => ({ partNumber, etag }))
    await calls.completeUpload(caseId, upload.uploadId, { parts }, signal)
    onState({ phase: 'done', caseId })
  }

  const giveUp = async (): Promise<void> => {
    onState({ phase: 'cancelled', caseId })
    // Storage drops parts nobody completes after a while by itself, so a failure here costs the user nothing.
    if (caseId !== null && upload !== undefined) await calls.abortUpload(caseId, upload.uploadId).catch(() => undefined)
  }

  let running = false
  let finished = false
  return {
    run: async () => {
      running = true
      try {
        await advance()
        finished = true
      } catch (error) {
        if (signal.aborted) await giveUp()
        else onState({ phase: 'failed', error })
      } finally {
        running = false
      }
    },
    cancel: () => {
      if (finished || signal.aborted) return
      stop.abort(new DOMException('The upload was cancelled.', 'AbortError'))
      if (!running) void giveUp()
    },
  }
}
