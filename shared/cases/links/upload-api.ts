import { z } from 'zod'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { Lane } from '../lane.ts'
import { UploadLinkRecord } from './upload-link.ts'

/** Bodies of the HTTP API about uploads (under a case) and about upload links (under a token). */

/** The file's name is kept as data and never becomes part of a key. */
const FileToUpload = z.strictObject({
  fileName: z.string().min(1).max(255),
  /** Size in bytes; at most what 10,000 parts of 5 GiB hold. */
  bytes: Count.max(10_000 * 5 * 2 ** 30),
})

export const StartUpload = FileToUpload.extend({
  /** `interactive` where a person waits for the answer; automation says `normal`. */
  lane: Lane.exclude(['reprocessing']).default('interactive'),
  /** Have every page scanned for pool blocks, whatever the dump's size; by itself that is done up to 8 GiB. */
  fullScan: z.boolean().optional(),
})

/** One more analysis of a dump, with a scan of all its pages. */
export const StartAnalysis = z.strictObject({
  fullScan: z.literal(true),
  lane: Lane.exclude(['reprocessing']).default('interactive'),
})
export type StartAnalysis = z.input<typeof StartAnalysis>

/** What a scan of all pages is expected to take: an estimate, good for the order of magnitude. */
export const FullScanEstimate = z.object({
  /** Parts that the scan is done in, several beside each other. */
  parts: Count,
  dollars: z.number().nonnegative(),
  seconds: Count,
})
export type FullScanEstimate = z.infer<typeof FullScanEstimate>
export type StartUpload = z.input<typeof StartUpload>

/** `parts` parts of `partBytes` each, the last one shorter; an empty file has one empty part. */
export const Upload = z.object({ uploadId: z.string(), dumpId: z.string(), partBytes: Count, parts: Count })
export type Upload = z.infer<typeof Upload>

/** A SHA-256 digest in base64, as S3 takes it. */
export const Sha256 = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'is not a SHA-256 digest in base64')

/** Each part by its number and the SHA-256 of its bytes, which becomes part of the signature. */
export const SignParts = z.strictObject({
  parts: z
    .array(z.strictObject({ partNumber: z.number().int().min(1).max(10_000), sha256: Sha256 }))
    .min(1)
    .max(100),
})
export type SignParts = z.infer<typeof SignParts>

/** PUT each part's bytes to its `url` with its `headers`, exactly `bytes` of them, before so many seconds have passed. */
export const SignedParts = z.object({
  expiresInSeconds: Count,
  parts: z.array(
    z.object({ partNumber: Count, url: z.string(), headers: z.record(z.string(), z.string()), bytes: Count }),
  ),
})
export type SignedParts = z.infer<typeof SignedParts>

/** What storage has, each part with the SHA-256 it was verified against: whoever resumes compares the file with it. */
export const UploadedParts = z.object({
  parts: z.array(z.object({ partNumber: Count, etag: z.string(), bytes: Count, sha256: z.string() })),
})
export type UploadedParts = z.infer<typeof UploadedParts>

/**
 * What the sender knows the whole to be: the SHA-256 of its parts' digests in their order, in base64, then `-` and the
 * number of parts. That is what S3 calls a composite checksum.
 */
export const CompleteUpload = z.strictObject({ sha256: z.string().regex(/^[A-Za-z0-9+/]{43}=-\d{1,5}$/) })
export type CompleteUpload = z.infer<typeof CompleteUpload>

const mostDays = 90

/** A link that lets its holder send dumps to a case. The limits hold for all its dumps together. */
export const CreateUploadLink = z.strictObject({
  /** The company the customer sends the dump to, as the customer's page shows it. */
  company: z.string().trim().min(1).max(100),
  /** Whom the link is for; a note for colleagues, never shown to the customer. */
  note: z.string().trim().max(200).default(''),
  days: z.number().int().min(1).max(mostDays).default(14),
  maxDumps: z.number().int().min(1).max(50).default(5),
  maxBytes: Count.min(1).default(2 ** 40),
})
export type CreateUploadLink = z.input<typeof CreateUploadLink>

/** The token is answered this once: only its hash is kept. */
export const CreatedUploadLink = z.object({ link: UploadLinkRecord, token: z.string() })
export type CreatedUploadLink = z.infer<typeof CreatedUploadLink>

export const UploadLinks = z.object({ links: z.array(UploadLinkRecord) })
export type UploadLinks = z.infer<typeof UploadLinks>

/** All that whoever holds a link ever sees. */
export const OpenUploadLink = z.object({
  company: z.string(),
  expiresAt: Timestamp,
  dumpsLeft: Count,
  bytesLeft: Count,
})
export type OpenUploadLink = z.infer<typeof OpenUploadLink>

/** As `Upload`, and nothing of the case. */
export const LinkUpload = Upload.omit({ dumpId: true })
export type LinkUpload = z.infer<typeof LinkUpload>

export const StartLinkUpload = FileToUpload
export type StartLinkUpload = z.infer<typeof StartLinkUpload>

/** A whole dump in one PUT, for `curl -T`: at most 5 GiB. `sha256` of the file, where the sender can make it. */
export const PutDump = z.object({
  fileName: z.string().min(1).max(255),
  bytes: z.coerce
    .number()
    .int()
    .min(0)
    .max(5 * 2 ** 30),
  sha256: Sha256.optional(),
})

export const UploadReceived = z.object({ status: z.literal('received') })
export type UploadReceived = z.infer<typeof UploadReceived>
