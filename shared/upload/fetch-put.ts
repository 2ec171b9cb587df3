import type { Transport } from './transfer-parts.ts'
import { partRefused, UploadTrouble } from './upload-trouble.ts'

/** PUTs one part by fetch, which tells nothing of the bytes sent before all are: for clients that are no page. */
export const fetchPut: Transport['put'] = async ({ url, headers }, body, sent, signal) => {
  let response: Response
  try {
    response = await fetch(url, { method: 'PUT', headers, body, signal })
    await response.arrayBuffer()
  } catch (error) {
    signal.throwIfAborted()
    throw new UploadTrouble('lost', 'The connection to storage broke.', { cause: error })
  }
  if (!response.ok) throw partRefused(response.status)
  sent(body.size)
}
