import { planParts } from '../../shared/cases/links/parts.ts'
import type { DumpId } from '../../shared/cases/object-keys.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { CaseStore, DumpWithContent } from '../../shared/cases/store.ts'
import { type PinnedObject, recogniseDump, showStatus } from '../../shared/cases/transitions.ts'
import { compositeSha256 } from '../../shared/upload/sha256.ts'

export type RecognisePorts = {
  readonly store: (tenant: string) => CaseStore
  /** The object as it now stands, with what S3 verified it against; null when there is none. */
  readonly head: (key: string) => Promise<PinnedObject | null>
}

/**
 * The dump of this tenant that had the same bytes first, if there is one; this dump then says so and is not analysed
 * again. Bytes count as the same only by a SHA-256 that S3 verified, never by what a client says of them. Files of one
 * length are cut alike, so that equal composite checksums mean equal bytes. What came without such a checksum (a plain
 * PUT) is a dump of its own.
 */
export const recognise = async (
  { store: storeOf, head }: RecognisePorts,
  id: DumpId,
  dump: DumpRecord,
): Promise<DumpWithContent | null> => {
  if (dump.currentAnalysisId !== null) return null
  if (dump.sameAs !== null && dump.sameAs !== undefined) return dump.sameAs
  const sha256 = dump.sha256 ?? (await verifiedSha256(head, id, dump))
  if (sha256 === null) return null
  const store = storeOf(id.tenant)
  const original = await originalOf(store, await contentOf(dump.bytes, sha256), dump)
  if (original === null) return null
  await store.dumps.change(dump, (record) => recogniseDump(record, original))
  await store.cases.change(dump, (record) => showStatus(record, null, 'done'))
  return original
}

const verifiedSha256 = async (head: RecognisePorts['head'], id: DumpId, dump: DumpRecord): Promise<string | null> => {
  const object = await head(dumpKey(id))
  return object !== null && object.versionId === dump.versionId && object.etag === dump.etag
    ? (object.sha256 ?? null)
    : null
}

/** The checksum of a file that came whole is turned into that of its only part. */
const contentOf = async (bytes: number, sha256: string): Promise<string> => {
  const comparable = sha256.includes('-') || planParts(bytes).parts > 1 ? sha256 : await compositeSha256([sha256])
  return `${bytes}#${comparable}`
}

/** Whoever comes first with such contents is the original, as long as its dump is there. */
const originalOf = async (
  store: CaseStore,
  content: string,
  { caseId, dumpId }: DumpRecord,
): Promise<DumpWithContent | null> => {
  const own = { caseId, dumpId }
  if (await store.contents.insert({ content }, own)) return null
  const first = await store.contents.get({ content })
  if (first === null || first.dumpId === dumpId) return null
  if ((await store.dumps.get(first))?.status === 'uploaded') return first
  await store.contents.change({ content }, (now) =>
    now.dumpId === first.dumpId ? { next: own } : { refused: 'settled' },
  )
  return null
}
