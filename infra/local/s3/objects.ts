import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../endpoints/database.ts'
import type { Segment } from './blobs.ts'
import { checkWriteConditions } from './conditions.ts'
import { noSuchKey, S3Error } from './errors.ts'
import type { CreatedObject } from './events.ts'
import type { ByteRange } from './range.ts'

/** One version of an object; a delete marker has no bytes. */
export type ObjectVersion = {
  readonly id: number
  readonly bucket: string
  readonly key: string
  /** Null in a bucket without versioning. */
  readonly versionId: string | null
  readonly size: number
  readonly etag: string
  readonly modified: number
  /** Content type, user metadata and the like, as they are sent back. */
  readonly headers: Record<string, string>
  readonly isMarker: boolean
}

export type NewObject = {
  readonly bucket: string
  readonly key: string
  readonly etag: string
  readonly headers: Record<string, string>
  /** The files that make the object up, in order: a multipart object is never copied together. */
  readonly parts: readonly { readonly blob: string; readonly size: number }[]
  readonly cause: CreatedObject['cause']
  /** Reads the conditional headers of the request that writes it. */
  readonly condition: (name: string) => string | undefined
}

export type Objects = ReturnType<typeof openObjects>

/**
 * The index of all objects. `onCreated` runs in the transaction that makes an object visible: what it writes to the
 * same database is there if and only if the object is.
 */
export const openObjects = (
  db: DatabaseSync,
  isVersioned: (bucket: string) => boolean,
  onCreated: (object: CreatedObject) => void,
  now: () => number,
) => {
  db.exec(`
    CREATE TABLE IF NOT EXISTS objects (
      id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL, version TEXT,
      size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL, headers TEXT NOT NULL, marker INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS objects_by_key ON objects (bucket, key, id);
    CREATE TABLE IF NOT EXISTS object_parts (
      object INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL, blob TEXT NOT NULL,
      PRIMARY KEY (object, start)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS object_parts_by_blob ON object_parts (blob);
  `)
  const insert = db.prepare(
    'INSERT INTO objects (bucket, key, version, size, etag, modified, headers, marker) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const insertPart = db.prepare('INSERT INTO object_parts (object, start, size, blob) VALUES (?, ?, ?, ?)')
  const latest = db.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1')
  const byVersion = db.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ? AND version = ?')
  const versionsOf = db.prepare('SELECT id FROM objects WHERE bucket = ? AND key = ?')
  const partsIn = db.prepare(
    'SELECT start, size, blob FROM object_parts WHERE object = ? AND start <= ? AND start + size > ? ORDER BY start',
  )
  const blobsOf = db.prepare('SELECT blob FROM object_parts WHERE object = ?')
  const removeParts = db.prepare('DELETE FROM object_parts WHERE object = ?')
  const removeObject = db.prepare('DELETE FROM objects WHERE id = ?')
  const usesBlob = db.prepare('SELECT 1 FROM object_parts WHERE blob = ?')
  const keysAfter = db.prepare(`
    SELECT * FROM objects WHERE id IN (SELECT max(id) FROM objects WHERE bucket = ? AND key >= ? GROUP BY key)
    AND marker = 0 ORDER BY key LIMIT ?`)

  const current = (bucket: string, key: string): ObjectVersion | undefined => {
    const row = latest.get(bucket, key)
    return row === undefined ? undefined : toVersion(row)
  }

  /** Forgets versions and says which files nobody needs any more. */
  const forget = (ids: readonly number[]): string[] =>
    ids.flatMap((id) => {
      const blobs = blobsOf.all(id).map(({ blob }) => blob as string)
      removeParts.run(id)
      removeObject.run(id)
      return blobs
    })

  /** In a bucket without versioning a new object takes the place of the old one. */
  const replaced = (bucket: string, key: string): string[] =>
    isVersioned(bucket) ? [] : forget(versionsOf.all(bucket, key).map(({ id }) => id as number))

  const add = (object: NewObject): { created: ObjectVersion; unused: string[] } =>
    inTransaction(db, () => {
      const { bucket, key, etag, parts } = object
      const before = current(bucket, key)
      checkWriteConditions(object.condition, before?.isMarker ? undefined : before)
      const unused = replaced(bucket, key)
      const versionId = isVersioned(bucket) ? newVersionId() : null
      const at = now()
      const size = parts.reduce((sum, part) => sum + part.size, 0)
      const row = insert.run(bucket, key, versionId, size, etag, at, JSON.stringify(object.headers), 0)
      const id = Number(row.lastInsertRowid)
      let start = 0
      for (const part of parts) {
        if (part.size > 0) insertPart.run(id, start, part.size, part.blob)
        start += part.size
      }
      onCreated({ bucket, key, size, etag, versionId, sequence: id, cause: object.cause, at })
      return { created: current(bucket, key)!, unused }
    })

  /** The version that was asked for, or the newest. Throws where there is none, or a delete marker. */
  const find = (bucket: string, key: string, versionId: string | undefined): ObjectVersion => {
    if (versionId === undefined || (versionId === 'null' && !isVersioned(bucket))) {
      const found = current(bucket, key)
      if (found === undefined || found.isMarker) throw noSuchKey()
      return found
    }
    const row = byVersion.get(bucket, key, versionId)
    if (row === undefined) throw new S3Error('NoSuchVersion', 404, 'The version does not exist.')
    const found = toVersion(row)
    if (found.isMarker)
      throw new S3Error('MethodNotAllowed', 405, 'The version is a delete marker.', { 'x-amz-delete-marker': 'true' })
    return found
  }

  /**
   * Deletes a version for good, or, without one, hides the object behind a delete marker (a bucket without versioning
   * deletes it). Deleting what is not there succeeds.
   */
  const remove = (
    bucket: string,
    key: string,
    versionId: string | undefined,
  ): { marker: string | null; unused: string[] } =>
    inTransaction(db, () => {
      if (versionId !== undefined) {
        const row = byVersion.get(bucket, key, versionId)
        return { marker: null, unused: row === undefined ? [] : forget([row.id as number]) }
      }
      if (!isVersioned(bucket)) return { marker: null, unused: replaced(bucket, key) }
      const marker = newVersionId()
      insert.run(bucket, key, marker, 0, '', now(), '{}', 1)
      return { marker, unused: [] }
    })

  /** Where the bytes of a range of the object are. */
  const segments = (object: ObjectVersion, { first, last }: ByteRange): Segment[] =>
    partsIn.all(object.id, last, first).map((row) => {
      const [start, size] = [row.start as number, row.size as number]
      const from = Math.max(first, start) - start
      return { blob: row.blob as string, from, length: Math.min(last + 1, start + size) - start - from }
    })

  /** At most `limit` visible objects whose key is `from` or after it, in the order of their keys' UTF-8 bytes. */
  const from = (bucket: string, from: string, limit: number): ObjectVersion[] =>
    keysAfter.all(bucket, from, limit).map(toVersion)

  return { add, find, remove, segments, from, usesBlob: (blob: string) => usesBlob.get(blob) !== undefined }
}

const newVersionId = (): string => randomBytes(24).toString('base64url')

const toVersion = (row: Record<string, unknown>): ObjectVersion => ({
  id: row.id as number,
  bucket: row.bucket as string,
  key: row.key as string,
  versionId: row.version as string | null,
  size: row.size as number,
  etag: row.etag as string,
  modified: row.modified as number,
  headers: JSON.parse(row.headers as string),
  isMarker: row.marker === 1,
})
