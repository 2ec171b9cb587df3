import { z } from 'zod'
import { Timestamp } from '../../analysis/scalars.ts'
import { isId } from '../ids.ts'
import type { Step } from '../transitions.ts'

/** A link that shows one finished analysis to whoever has it, and nothing else of its case, until it expires or is revoked. */
export const VendorLinkRecord = z.object({
  caseId: z.string(),
  linkId: z.string(),
  dumpId: z.string(),
  analysisId: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
  expiresAt: Timestamp,
  revokedAt: Timestamp.nullable(),
  /** When it was opened last, to the hour. */
  openedAt: Timestamp.nullable(),
})
export type VendorLinkRecord = z.infer<typeof VendorLinkRecord>

/**
 * Bodies of the HTTP API about vendor links:
 *
 *   POST   /api/cases/{id}/vendor-links            CreateVendorLink → 201 CreatedVendorLink
 *   GET    /api/cases/{id}/vendor-links                             → VendorLinkList, newest first
 *   DELETE /api/cases/{id}/vendor-links/{linkId}                    → 204
 *   GET    /api/vendor-links/{token}                                → VendorReport
 *   GET    /api/vendor-links/{token}/analysis                       → Analysis
 *   GET    /api/vendor-links/{token}/report?format                  → text, as of an analysis
 */
export const CreateVendorLink = z.strictObject({
  /** The dump whose current analysis is shown. */
  dumpId: z.string().refine((text) => isId('dump', text), 'is not the id of a dump'),
  days: z.number().int().min(1).max(90).default(14),
})
export type CreateVendorLink = z.input<typeof CreateVendorLink>

/** The token is told here and never again: the link's address is `/vendor/{token}`. */
export const CreatedVendorLink = VendorLinkRecord.extend({ token: z.string() })
export type CreatedVendorLink = z.infer<typeof CreatedVendorLink>

export const VendorLinkList = z.object({ links: z.array(VendorLinkRecord) })
export type VendorLinkList = z.infer<typeof VendorLinkList>

export const VendorReport = z.object({ createdAt: Timestamp, expiresAt: Timestamp })
export type VendorReport = z.infer<typeof VendorReport>

/** Whether a link still shows something. */
export const linkHolds = ({ revokedAt, expiresAt }: VendorLinkRecord, now: Date): boolean =>
  revokedAt === null && Date.parse(expiresAt) > now.getTime()

/** It shows nothing any more. */
export const revokeLink = (record: VendorLinkRecord, now: Date): Step<VendorLinkRecord> =>
  record.revokedAt === null ? { next: { ...record, revokedAt: now.toISOString() } } : { refused: 'settled' }

const hour = 3_600_000

/** Notes that a link was opened, once an hour at most: whoever has it may open it as often as they like. */
export const openLink = (record: VendorLinkRecord, now: Date): Step<VendorLinkRecord> =>
  record.openedAt !== null && now.getTime() - Date.parse(record.openedAt) < hour
    ? { refused: 'settled' }
    : { next: { ...record, openedAt: now.toISOString() } }
