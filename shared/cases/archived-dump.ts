import { type DumpId, dumpKey, unpackedKey } from './object-keys.ts'
import type { DumpRecord } from './records.ts'
import { analysisStages, type Stage, stages } from './stage.ts'
import type { PinnedObject, Step } from './transitions.ts'

/** What an upload is, once somebody has looked at its first bytes. */
export type Archive = NonNullable<DumpRecord['archive']>

/** The upload is an archive whose dump has not been unpacked (yet). */
const isPacked = ({ archive }: DumpRecord): boolean => archive?.unpacked === null

/** The stages that an analysis of this dump begun now has, in their order. */
export const stagesOf = (dump: DumpRecord): readonly Stage[] => (isPacked(dump) ? stages : analysisStages)

/** The object with the dump's own bytes: the upload, or what was unpacked from it. Null while there is none. */
export const dumpObject = (id: DumpId, dump: DumpRecord): (PinnedObject & { readonly key: string }) | null => {
  if (dump.archive?.unpacked) return { key: unpackedKey(id), ...dump.archive.unpacked }
  if (isPacked(dump) || dump.etag === null) return null
  return { key: dumpKey(id), bytes: dump.bytes, etag: dump.etag, versionId: dump.versionId }
}

/** The bytes that are analysed: of a dump that came in an archive those it was unpacked into. */
export const analysedBytes = ({ bytes, archive }: DumpRecord): number => archive?.unpacked?.bytes ?? bytes

/** Notes what the upload's first bytes say it is; null: no archive. */
export const noteArchive = (dump: DumpRecord, format: Archive['format'] | null): Step<DumpRecord> => {
  if (dump.archive !== undefined) return { refused: 'settled' }
  return { next: { ...dump, archive: format === null ? null : { format, multipartId: null, unpacked: null } } }
}

/**
 * Says by which of S3's multipart uploads the dump is unpacked, in place of `before`, which is no more. Whoever comes
 * second finds the first one's in the record and goes on with it: both write the same bytes to the same parts.
 */
export const unpackInto = (dump: DumpRecord, multipartId: string, before: string | null): Step<DumpRecord> => {
  const { archive } = dump
  if (!archive || archive.unpacked !== null) return { refused: 'settled' }
  return archive.multipartId === before
    ? { next: { ...dump, archive: { ...archive, multipartId } } }
    : { refused: 'busy' }
}

/** The unpacked dump is complete: from now on every stage reads this version of it. */
export const pinUnpacked = (dump: DumpRecord, { bytes, etag, versionId }: PinnedObject): Step<DumpRecord> => {
  const { archive } = dump
  if (!archive || archive.unpacked !== null) return { refused: 'settled' }
  return { next: { ...dump, archive: { ...archive, multipartId: null, unpacked: { bytes, etag, versionId } } } }
}

/** The archive was refused: nothing of it is kept, and an analysis that comes later begins anew. */
export const dropUnpacking = (dump: DumpRecord, multipartId: string): Step<DumpRecord> =>
  dump.archive?.multipartId === multipartId
    ? { next: { ...dump, archive: { ...dump.archive, multipartId: null } } }
    : { refused: 'settled' }
