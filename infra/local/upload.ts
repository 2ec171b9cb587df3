import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { SignedParts, Upload } from '../../shared/cases/api.ts'
import { CaseRecord, DumpRecord } from '../../shared/cases/records.ts'
import type { ApiClient } from './job/api-client.ts'

const partsInFlight = 4
/** URLs are signed shortly before they are used: one that waits may expire. */
const signedAtOnce = 8

/**
 * Makes a case of a file as the portal does in a browser: the case, the upload, presigned URLs for the parts, a few PUTs
 * at a time straight to S3, and the completion that names the parts' ETags. `onProgress` is told the bytes that have
 * arrived.
 */
export const uploadDump = async (
  api: ApiClient,
  file: string,
  onProgress: (bytes: number) => void = () => {},
): Promise<{ caseId: string; dump: DumpRecord }> => {
  const blob = await openAsBlob(file)
  const fileName = basename(file)
  const { caseId } = await api.post('/api/cases', { title: fileName.slice(0, 200) }, CaseRecord)
  const uploads = `/api/cases/${caseId}/uploads`
  const { uploadId, partBytes, parts } = await api.post(uploads, { fileName, bytes: blob.size }, Upload)

  const numbers = Array.from({ length: parts }, (_, index) => index + 1)
  const groups = Array.from({ length: Math.ceil(parts / signedAtOnce) }, (_, index) =>
    numbers.slice(index * signedAtOnce, (index + 1) * signedAtOnce),
  )
  const done: { partNumber: number; etag: string }[] = []
  let arrived = 0
  for (const partNumbers of groups) {
    const signed = await api.post(`${uploads}/${uploadId}/parts`, { partNumbers }, SignedParts)
    const waiting = [...signed.parts]
    const send = async (): Promise<void> => {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const start = (part.partNumber - 1) * partBytes
        done.push({
          partNumber: part.partNumber,
          etag: await putPart(part.url, blob.slice(start, start + part.bytes)),
        })
        arrived += part.bytes
        onProgress(arrived)
      }
    }
    await Promise.all(Array.from({ length: partsInFlight }, send))
  }
  done.sort((a, b) => a.partNumber - b.partNumber)
  const dump = await api.post(`${uploads}/${uploadId}/complete`, { parts: done }, DumpRecord)
  return { caseId, dump }
}

const putPart = async (url: string, body: Blob): Promise<string> => {
  const response = await fetch(url, { method: 'PUT', body })
  const text = await response.text()
  const etag = response.headers.get('etag')
  if (!response.ok || etag === null) throw new Error(`S3 refused a part with ${response.status}: ${text}`)
  return etag
}
