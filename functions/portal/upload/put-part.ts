import type { Transport } from '../../../shared/upload/transfer-parts.ts'
import { partRefused, UploadTrouble } from '../../../shared/upload/upload-trouble.ts'

/** A connection over which nothing moved for this long counts as lost. */
const stallMilliseconds = 90_000

/**
 * PUTs one part to its presigned URL. XMLHttpRequest, because fetch tells nothing of the bytes sent. Rejects with an
 * `UploadTrouble` when storage refuses the part or nothing moves any more.
 */
export const putPart: Transport['put'] = ({ url, headers }, body, sent, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let stall: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => request.abort()
    const end = (outcome: () => void): void => {
      clearTimeout(stall)
      signal.removeEventListener('abort', onAbort)
      outcome()
    }
    const lost = (message: string): void => end(() => reject(new UploadTrouble('lost', message)))
    const moved = (): void => {
      clearTimeout(stall)
      stall = setTimeout(() => {
        lost('Nothing moved for a while.')
        request.abort()
      }, stallMilliseconds)
    }

    request.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => {
      moved()
      sent(loaded)
    }
    request.onload = () =>
      end(request.status >= 200 && request.status <= 299 ? resolve : () => reject(partRefused(request.status)))
    request.onerror = () => lost('The connection to storage broke.')
    request.onabort = () => end(() => reject(signal.reason ?? new Error('The upload was stopped.')))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) return end(() => reject(signal.reason))
    moved()
    request.send(body)
  })
