import { useCallback, useEffect, useRef, useState } from 'react'
import { abortUpload, completeUpload, createCase, signParts, startUpload } from '../api/client.ts'
import { putPart } from './put-part.ts'
import {
  type UploadCalls,
  type UploadRequest,
  type UploadSession,
  type UploadState,
  uploadSession,
} from './upload-session.ts'

const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })

const calls: UploadCalls = {
  now: () => performance.now(),
  wait,
  put: putPart,
  createCase,
  startUpload,
  signParts,
  completeUpload,
  abortUpload,
}

export type UploadControl = {
  /** Null before the first start. */
  readonly state: UploadState | null
  readonly start: (request: UploadRequest) => void
  /** Goes on after a failure. */
  readonly resume: () => void
  readonly cancel: () => void
}

/** One upload at a time; leaving the page cancels it, so the page asks before. */
export const useUpload = (): UploadControl => {
  const [state, setState] = useState<UploadState | null>(null)
  const session = useRef<UploadSession | null>(null)
  const start = useCallback((request: UploadRequest) => {
    session.current = uploadSession(request, calls, setState)
    void session.current.run()
  }, [])
  const resume = useCallback(() => void session.current?.run(), [])
  const cancel = useCallback(() => session.current?.cancel(), [])
  useEffect(() => () => session.current?.cancel(), [])
  return { state, start, resume, cancel }
}
