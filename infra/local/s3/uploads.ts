import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { addColumn, inTransaction } from '../endpoints/database.ts'
import { sha256Header } from './checks.ts'
import { noSuchUpload, S3Error } from './errors.ts'
import type { Objects, ObjectVersion } from './objects.ts'
import type { Received } from './receive-body.ts'

export type UploadedPart = {
  readonly number: number
  readonly blob: string
  readonly size: number
  /** MD5 in hexadecimal. */
  readonly etag: string
  /** In base64; null where the sender gave none. */
  readonly sha256: string | null
  readonly modified: number
}

/** What a client names to complete an upload: the parts in order, ETags without quotes. */
export type NamedPart = { readonly number: number; readonly etag: string; readonly sha256: string | null }

/** Names, in an upload's headers, the checksum that each of its parts must come with. */
export const algorithmHeader = 'x-amz-checksum-algorithm'

/** Every part but the last has at least 5 MiB ("Multipart upload limits", S3 user guide). */
const smallestPart = 5 * 2 ** 20

export type Uploads = ReturnType<typeof openUploads>

/** Multipart uploads under way. */
export const openUploads = (db: DatabaseSync, objects: Objects, now: () => number) => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS uploads (
      id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, created INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS upload_parts (
      upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
      modified INTEGER NOT NULL, PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS upload_parts_by_blob ON upload_parts (blob);
  `)
  addColumn(db, 'upload_parts', 'sha256 TEXT')
  const insert = db.prepare('INSERT INTO uploads (id, bucket, key, headers, created) VALUES (?, ?, ?, ?, ?)')
  const find = db.prepare('SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?')
  const insertPart = db.prepare('INSERT OR REPLACE INTO upload_parts VALUES (?, ?, ?, ?, ?, ?, ?)')
  const partsOf = db.prepare('SELECT * FROM upload_parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?')
  const partAt = db.prepare('SELECT blob FROM upload_parts WHERE upload = ? AND number = ?')
  const removeParts = db.prepare('DELETE FROM upload_parts WHERE upload = ?')
  const removeUpload = db.prepare('DELETE FROM uploads WHERE id = ?')
  const usesBlob = db.prepare('SELECT 1 FROM upload_parts WHERE blob = ?')

  const create = (bucket: string, key: string, headers: Record<string, string>): string => {
    const id = randomBytes(24).toString('base64url')
    insert.run(id, bucket, key, JSON.stringify(headers), now())
    return id
  }

  /** The headers the object will have. Throws when there is no such upload. */
  const require = (id: string, bucket: string, key: string): Record<string, string> => {
    const row = find.get(id, bucket, key)
    if (row === undefined) throw noSuchUpload()
    return JSON.parse(row.headers as string)
  }

  /** Keeps a part, in place of an earlier one of its number; says which file nobody needs any more. */
  const addPart = (id: string, bucket: string, key: string, number: number, blob: Received): string[] =>
    inTransaction(db, () => {
      if (checksummed(require(id, bucket, key)) !== (blob.sha256 !== null))
        throw invalidRequest('Checksum Type mismatch occurred: the part must have the checksum that its upload names.')
      const replaced = partAt.all(id, number).map((row) => row.blob as string)
      insertPart.run(id, number, blob.id, blob.size, blob.md5, now(), blob.sha256)
      return replaced
    })

  const parts = (id: string, bucket: string, key: string, after: number, limit: number): UploadedPart[] => {
    require(id, bucket, key)
    return partsOf.all(id, after, limit).map((row) => ({
      number: row.number as number,
      blob: row.blob as string,
      size: row.size as number,
      etag: row.etag as string,
      modified: row.modified as number,
      sha256: row.sha256 as string | null,
    }))
  }

  const end = (id: string): void => {
    removeParts.run(id)
    removeUpload.run(id)
  }

  /** Makes the object of the named parts; parts that are not named are dropped. */
  const complete = (
    id: string,
    bucket: string,
    key: string,
    named: readonly NamedPart[],
    condition: (name: string) => string | undefined,
  ): { created: ObjectVersion; unused: string[] } =>
    inTransaction(db, () => {
      const { [algorithmHeader]: algorithm, ...headers } = require(id, bucket, key)
      const uploaded = parts(id, bucket, key, 0, -1)
      if (algorithm !== undefined && named.some(({ sha256 }) => sha256 === null))
        throw invalidRequest('The complete request must include the checksum for each part.')
      const chosen = choose(named, uploaded)
      const { created, unused } = objects.add({
        bucket,
        key,
        headers: { ...headers, ...(algorithm !== undefined && compositeHeaders(chosen)) },
        parts: chosen,
        etag: multipartEtag(chosen.map(({ etag }) => etag)),
        cause: 'CompleteMultipartUpload',
        condition,
      })
      end(id)
      const kept = new Set(chosen.map(({ blob }) => blob))
      return { created, unused: [...unused, ...uploaded.map(({ blob }) => blob).filter((blob) => !kept.has(blob))] }
    })

  const abort = (id: string, bucket: string, key: string): string[] =>
    inTransaction(db, () => {
      const unused = parts(id, bucket, key, 0, -1).map(({ blob }) => blob)
      end(id)
      return unused
    })

  return {
    create,
    require,
    addPart,
    parts,
    complete,
    abort,
    usesBlob: (blob: string) => usesBlob.get(blob) !== undefined,
  }
}

const choose = (named: readonly NamedPart[], uploaded: readonly UploadedPart[]): UploadedPart[] => {
  if (named.some(({ number }, index) => index > 0 && number <= named[index - 1].number))
    throw new S3Error('InvalidPartOrder', 400, 'The parts must be named in the order of their numbers.')
  const byNumber = new Map(uploaded.map((part) => [part.number, part]))
  return named.map(({ number, etag, sha256 }, index) => {
    const part = byNumber.get(number)
    if (part === undefined || part.etag !== etag || (sha256 !== null && part.sha256 !== sha256))
      throw new S3Error('InvalidPart', 400, `Part ${number} was not uploaded, or has another ETag or checksum.`)
    if (index < named.length - 1 && part.size < smallestPart)
      throw new S3Error(
        'EntityTooSmall',
        400,
        `Part ${number} has ${part.size} bytes, and only the last may be so small.`,
      )
    return part
  })
}

/** MD5 of the parts' MD5 digests, and how many there are. */
const multipartEtag = (etags: readonly string[]): string => {
  const digest = createHash('md5')
  for (const etag of etags) digest.update(Buffer.from(etag, 'hex'))
  return `${digest.digest('hex')}-${etags.length}`
}

const checksummed = (headers: Record<string, string>): boolean => headers[algorithmHeader] !== undefined

/** A composite checksum: the SHA-256 of the parts' SHA-256 digests, and how many there are ("Checking object integrity"). */
const compositeHeaders = (parts: readonly UploadedPart[]): Record<string, string> => {
  const digest = createHash('sha256')
  for (const { sha256 } of parts) digest.update(Buffer.from(sha256 ?? '', 'base64'))
  return { [sha256Header]: `${digest.digest('base64')}-${parts.length}`, 'x-amz-checksum-type': 'COMPOSITE' }
}

const invalidRequest = (message: string): S3Error => new S3Error('InvalidRequest', 400, message)
