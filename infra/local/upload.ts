import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SignedParts, Upload } from '../../shared/cases/links/upload-api.ts'
import { CaseRecord, DumpRecord } from '../../shared/cases/records.ts'
import { fetchPut } from '../../shared/upload/fetch-put.ts'
import { compositeSha256, sha256Of } from '../../shared/upload/sha256.ts'
import { transferParts } from '../../shared/upload/transfer-parts.ts'
import type { ApiClient } from './job/api-client.ts'

/**
 * Makes a case of a file as the portal does in a browser: the case, the upload, its parts straight to S3, and the
 * completion. `onProgress` is told the bytes that have arrived; with `into` the dump
 * goes to a case there is.
 */
export const uploadDump = async (
  api: ApiClient,
  file: string,
  onProgress: (bytes: number) => void = () => {},
  into?: string,
): Promise<{ caseId: string; dump: DumpRecord }> => {
  const blob = await openAsBlob(file)
  const fileName = basename(file)
  const caseId = into ?? (await api.post('/api/cases', { title: fileName.slice(0, 200) }, CaseRecord)).caseId
  const uploads = `/api/cases/${caseId}/uploads`
  const plan = await api.post(uploads, { fileName, bytes: blob.size }, Upload)
  const upload = `${uploads}/${plan.uploadId}`
  const done = new Map<number, string>()
  await transferParts({
    file: blob,
    plan,
    done,
    stored: new Map(),
    transport: {
      digest: sha256Of,
      sign: (parts) => api.post(`${upload}/parts`, { parts }, SignedParts),
      put: fetchPut,
      wait: async (milliseconds, signal) => void (await setTimeout(milliseconds, undefined, { signal })),
      now: () => performance.now(),
    },
    onProgress: ({ arrivedBytes }) => onProgress(arrivedBytes),
    signal: new AbortController().signal,
  })
  const digests = [...done].sort(([a], [b]) => a - b).map(([, sha256]) => sha256)
  const dump = await api.post(`${upload}/complete`, { sha256: await compositeSha256(digests) }, DumpRecord)
  return { caseId, dump }
}
