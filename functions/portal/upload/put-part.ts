/** A connection over which nothing moved for this long counts as lost. */
const stallMilliseconds = 90_000

/**
 * PUTs one part to its presigned URL and answers the ETag. XMLHttpRequest, because fetch tells nothing of the bytes
 * sent. Rejects with a sentence when storage refuses the part, nothing moves any more or the ETag cannot be read.
 */
export const putPart = (url: string, body: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let stall: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => request.abort()
    const end = (outcome: () => void): void => {
      clearTimeout(stall)
      signal.removeEventListener('abort', onAbort)
      outcome()
    }
    const fail = (message: string): void => end(() => reject(new Error(message)))
    const moved = (): void => {
      clearTimeout(stall)
      stall = setTimeout(() => {
        fail('Nothing moved for a while.')
        request.abort()
      }, stallMilliseconds)
    }

    request.open('PUT', url)
    request.upload.onprogress = ({ loaded }) => {
      moved()
      sent(loaded)
    }
    request.onload = () => {
      const etag = request.getResponseHeader('ETag')
      if (request.status < 200 || request.status > 299) fail(`Storage refused a part with status ${request.status}.`)
      else if (etag === null) fail('Storage took a part but its ETag may not be read here.')
      else end(() => resolve(etag))
    }
    request.onerror = () => fail('The connection to storage broke, or the file can no longer be read.')
    request.onabort = () => end(() => reject(signal.reason ?? new Error('The upload was stopped.')))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) return end(() => reject(signal.reason))
    moved()
    request.send(body)
  })
