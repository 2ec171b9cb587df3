import type { Refusal } from '../../shared/analysis/dump-facts.ts'
import { ArchiveRefused } from '../../shared/archive/refusals.ts'
import { unpackDump } from '../../shared/archive/unpack.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { type Archive, dropUnpacking, pinUnpacked, unpackInto } from '../../shared/cases/archived-dump.ts'
import { type DumpId, unpackedKey } from '../../shared/cases/object-keys.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { MultipartUpload, MultipartUploads } from '../aws/multipart-uploads.ts'
import type { PutPart, StoredPart } from '../aws/put-part.ts'
import { writeParts } from './write-parts.ts'

/** 10,000 parts of 16 MiB are 156 GiB, more than is unpacked (shared/archive/limits.ts); five are in memory at once. */
export const unpackedPartBytes = 16 * 2 ** 20
const partsAtOnce = 4

export type UnpackStorage = Pick<MultipartUploads, 'start' | 'listParts' | 'complete' | 'abort' | 'head'> & {
  readonly putPart: PutPart
}

export type Unpacking = {
  readonly id: DumpId
  readonly store: CaseStore
  readonly archive: Archive
  /** The archive's bytes. */
  readonly source: ByteSource
  readonly isOver: () => boolean
}

/** `unfinished`: the time was up; whoever goes on finds what is done in storage. Otherwise why the archive is refused, or null. */
export type Unpacked = { readonly end: 'done'; readonly refusal: Refusal | null } | { readonly end: 'unfinished' }

const done: Unpacked = { end: 'done', refusal: null }

/**
 * Unpacks an uploaded archive into an object of its own and pins the dump to it. The parts that storage has are the only
 * checkpoint: whoever goes on, after the time was up or a worker was killed, unpacks from the beginning and sends what is
 * missing. Two workers at once send the same bytes as the same parts. Nothing is visible before all is there and the
 * archive's check sums have been found right; a refused archive leaves nothing behind.
 */
export const unpack = async (storage: UnpackStorage, unpacking: Unpacking): Promise<Unpacked> => {
  const { id, store, archive, source, isOver } = unpacking
  if (archive.unpacked !== null) return done
  const target = await openTarget(storage, unpacking)
  if (target === null) return done
  const { upload, present } = target
  try {
    const written = await writeParts(unpackDump(source, archive.format), {
      partBytes: unpackedPartBytes,
      atOnce: partsAtOnce,
      present,
      put: (partNumber, bytes) => storage.putPart(upload, partNumber, bytes),
      isOver,
    })
    if ('unfinished' in written) {
      // One that gets no further in all its time would go on for ever.
      if (written.unfinished <= present.length) throw new Error('The time was over before a single part was unpacked.')
      return { end: 'unfinished' }
    }
    await finish(storage, unpacking, upload, written.parts)
    return done
  } catch (error) {
    if (!(error instanceof ArchiveRefused)) throw error
    await storage.abort(upload)
    await store.dumps.change(id, (record) => dropUnpacking(record, upload.multipartId))
    return { end: 'done', refusal: { code: error.tag, message: error.message, advice: error.advice } }
  }
}

type Target = { readonly upload: MultipartUpload; readonly present: readonly StoredPart[] }

/** The multipart upload to go on with, or a new one; null when the dump turns out to be unpacked already. */
const openTarget = async (storage: UnpackStorage, { id, store, archive }: Unpacking): Promise<Target | null> => {
  const key = unpackedKey(id)
  const { multipartId: before } = archive
  if (before !== null) {
    const present = await storage.listParts({ key, multipartId: before })
    if (present !== null) return { upload: { key, multipartId: before }, present }
    // A worker finished it and was stopped before it could say so; or it is gone after a week.
    if (await pinIfThere(storage, { id, store })) return null
  }
  const upload = await storage.start(key)
  const noted = await store.dumps.change(id, (record) => unpackInto(record, upload.multipartId, before))
  const multipartId = noted.record?.archive?.multipartId
  if (multipartId === upload.multipartId) return { upload, present: [] }
  // Another worker was first.
  await storage.abort(upload)
  if (multipartId === null || multipartId === undefined) return null
  const theirs = { key, multipartId }
  return { upload: theirs, present: (await storage.listParts(theirs)) ?? [] }
}

const finish = async (
  storage: UnpackStorage,
  { id, store }: Unpacking,
  upload: MultipartUpload,
  parts: readonly StoredPart[],
): Promise<void> => {
  const completion = await storage.complete(upload, parts)
  if (completion === 'refused') throw new Error('S3 has other parts than were sent to it.')
  // "Gone" when another worker, or an earlier request whose answer got lost, has completed it.
  if (!(await pinIfThere(storage, { id, store })))
    throw new Error('The unpacked dump is not there though it was completed.')
}

/** An object is there only once it is whole, and nothing else is ever written to its key. */
const pinIfThere = async (
  { head }: UnpackStorage,
  { id, store }: Pick<Unpacking, 'id' | 'store'>,
): Promise<boolean> => {
  const object = await head(unpackedKey(id))
  if (object === null) return false
  await store.dumps.change(id, (record) => pinUnpacked(record, object))
  return true
}
