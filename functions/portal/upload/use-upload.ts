import { useCallback, useEffect, useRef, useState } from 'react'
import { sha256Of } from '../../../shared/upload/sha256.ts'
import {
  type UploadApi,
  type UploadSession,
  type UploadState,
  uploadSession,
} from '../../../shared/upload/upload-session.ts'
import { atMostEvery } from './at-most-every.ts'
import { putPart } from './put-part.ts'
import { uploadMemory } from './upload-memory.ts'

/** Bytes are reported many times a second, and showing each report would take time that the upload needs. */
const shownEveryMilliseconds = 250

/** Waits, but no longer than until the browser says that it is on line again. */
const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (outcome: () => void): void => {
      clearTimeout(timer)
      removeEventListener('online', onOnline)
      signal.removeEventListener('abort', onAbort)
      outcome()
    }
    const onOnline = (): void => end(resolve)
    const onAbort = (): void => end(() => reject(signal.reason))
    const timer = setTimeout(() => end(resolve), milliseconds)
    addEventListener('online', onOnline)
    signal.addEventListener('abort', onAbort)
  })

export type Destination = {
  /** Names the place under which an unfinished upload is remembered. */
  readonly name: string
  readonly api: UploadApi
}

export type UploadControl = {
  /** Null before the first start. */
  readonly state: UploadState | null
  readonly start: (file: File, destination: Destination) => void
  readonly pause: () => void
  /** Goes on after a pause or a failure. */
  readonly resume: () => void
  readonly cancel: () => void
}

/** One upload at a time. Leaving the page pauses it: storage keeps what has arrived, and the browser remembers it. */
export const useUpload = (): UploadControl => {
  const [state, setState] = useState<UploadState | null>(null)
  const session = useRef<UploadSession | null>(null)
  const start = useCallback((file: File, { name, api }: Destination) => {
    const calls = {
      api,
      memory: uploadMemory(name, file),
      digest: sha256Of,
      put: putPart,
      wait,
      now: () => performance.now(),
    }
    const shown = atMostEvery(shownEveryMilliseconds, setState)
    session.current = uploadSession({ file, fileName: file.name.slice(-255) }, calls, (next) =>
      next.phase === 'sending' ? shown.soon(next) : shown.now(next),
    )
    void session.current.run()
  }, [])
  const pause = useCallback(() => session.current?.pause(), [])
  const resume = useCallback(() => void session.current?.run(), [])
  const cancel = useCallback(() => session.current?.cancel(), [])
  useEffect(() => () => session.current?.pause(), [])
  return { state, start, pause, resume, cancel }
}
