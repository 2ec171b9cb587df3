import { createHash } from 'node:crypto'
import type { StoredPart } from '../../functions/aws/put-part.ts'
import type { UnpackStorage } from '../../functions/unpack/unpack.ts'

/** S3's multipart uploads and the objects made of them, in memory. */
export const memoryUnpackStorage = () => {
  const uploads = new Map<string, Map<number, { stored: StoredPart; bytes: Uint8Array }>>()
  const objects = new Map<string, { bytes: Uint8Array; versionId: string }>()
  const counts = { started: 0, puts: 0, completed: 0, aborted: 0 }
  const storage: UnpackStorage = {
    start: async (key) => {
      const multipartId = `multipart ${++counts.started}`
      uploads.set(multipartId, new Map())
      return { key, multipartId }
    },
    putPart: async ({ multipartId }, partNumber, bytes) => {
      counts.puts++
      const parts = uploads.get(multipartId)
      if (parts === undefined) throw new Error('NoSuchUpload')
      const sha256 = createHash('sha256').update(bytes).digest('base64')
      const stored = { partNumber, etag: `etag of ${sha256}`, bytes: bytes.length, sha256 }
      parts.set(partNumber, { stored, bytes: bytes.slice() })
      return stored
    },
    listParts: async ({ multipartId }) => {
      const parts = uploads.get(multipartId)
      return parts === undefined ? null : [...parts.values()].map(({ stored }) => stored)
    },
    complete: async ({ key, multipartId }, named) => {
      const parts = uploads.get(multipartId)
      if (parts === undefined) return 'gone'
      const chosen = named.map(({ partNumber }) => parts.get(partNumber))
      if (chosen.some((part, index) => part === undefined || part.stored.etag !== named[index].etag)) return 'refused'
      uploads.delete(multipartId)
      counts.completed++
      const bytes = Buffer.concat(chosen.flatMap((part) => (part === undefined ? [] : [part.bytes])))
      objects.set(key, { bytes, versionId: `version ${counts.completed}` })
      return 'completed'
    },
    abort: async ({ multipartId }) => {
      counts.aborted++
      uploads.delete(multipartId)
    },
    head: async (key) => {
      const object = objects.get(key)
      return object === undefined
        ? null
        : { bytes: object.bytes.length, etag: `etag of ${key}`, versionId: object.versionId }
    },
  }
  return { storage, uploads, objects, counts }
}
