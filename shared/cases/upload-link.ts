import type { UploadLinkRecord } from './records.ts'
import type { Step } from './transitions.ts'

/** Whether a link takes dumps at this time. */
export const isOpen = ({ revokedAt, expiresAt }: UploadLinkRecord, at: Date): boolean =>
  revokedAt === null && at.toISOString() < expiresAt

export const dumpsLeft = ({ maxDumps, dumps }: UploadLinkRecord): number => Math.max(0, maxDumps - dumps.length)

export const bytesLeft = ({ maxBytes, dumps }: UploadLinkRecord): number =>
  Math.max(
    0,
    dumps.reduce((left, { bytes }) => left - bytes, maxBytes),
  )

/** Counts a dump against the link's limits before a byte of it is sent; `conflict` where one of them is reached. */
export const reserveDump = (
  link: UploadLinkRecord,
  dump: { readonly dumpId: string; readonly bytes: number },
  at: Date,
): Step<UploadLinkRecord> =>
  isOpen(link, at) && dumpsLeft(link) > 0 && dump.bytes <= bytesLeft(link)
    ? { next: { ...link, dumps: [...link.dumps, dump] } }
    : { refused: 'conflict' }

/** A dump that was given up counts no more. */
export const giveDumpBack = (link: UploadLinkRecord, dumpId: string): Step<UploadLinkRecord> => {
  const dumps = link.dumps.filter((dump) => dump.dumpId !== dumpId)
  return dumps.length === link.dumps.length ? { refused: 'settled' } : { next: { ...link, dumps } }
}

export const revokeLink = (link: UploadLinkRecord, at: Date): Step<UploadLinkRecord> =>
  link.revokedAt === null ? { next: { ...link, revokedAt: at.toISOString() } } : { refused: 'settled' }
