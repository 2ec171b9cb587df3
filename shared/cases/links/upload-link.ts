import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import type { Step } from '../transitions.ts'

/** What an engineer sends a customer, so that dumps can be uploaded to one case. Nobody but the customer has its token. */
export const UploadLinkRecord = z.object({
  caseId: z.string(),
  linkId: z.string(),
  company: z.string(),
  note: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
  expiresAt: Timestamp,
  revokedAt: Timestamp.nullable(),
  maxDumps: Count,
  maxBytes: Count,
  /** The dumps that count against its limits: begun or complete, not those given up. */
  dumps: z.array(z.object({ dumpId: z.string(), bytes: Count })),
})
export type UploadLinkRecord = z.infer<typeof UploadLinkRecord>

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

/** Nothing more comes through it. */
export const revokeLink = (link: UploadLinkRecord, at: Date): Step<UploadLinkRecord> =>
  link.revokedAt === null ? { next: { ...link, revokedAt: at.toISOString() } } : { refused: 'settled' }
