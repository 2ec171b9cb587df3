import { z } from 'zod'
import { Cost } from '../analysis/analysis.ts'
import { ArchiveFormat } from '../analysis/archive-format.ts'
import { Architecture } from '../analysis/dump-facts.ts'
import { Verdict } from '../analysis/finding.ts'
import { Count, HexAddress, Timestamp } from '../analysis/scalars.ts'
import { Lane } from './lane.ts'
import { Stage } from './stage.ts'
import { TraceId } from './trace.ts'

/**
 * The facts the pipeline keeps, one DynamoDB item each, and what the API shows of them. Fields that came later are
 * optional: a record written before them stays readable.
 */

/** How far a case is, as a list shows it: without a dump, receiving one, at work, or how its newest analysis ended. */
export const CaseStatus = z.enum(['empty', 'uploading', 'analysing', 'done', 'failed'])
export type CaseStatus = z.infer<typeof CaseStatus>

export const CaseRecord = z.object({
  caseId: z.string(),
  title: z.string(),
  createdAt: Timestamp,
  /** Copied from the newest finished analysis, for the list of cases. */
  headline: z.string().nullable(),
  verdict: Verdict.nullable(),
  /** The culprit's or best suspect's name, null where none is named. */
  driver: z.string().nullable(),
  /** The analysis that headline, verdict and driver were copied from. */
  outcomeOf: z.string().nullable().optional(),
  status: CaseStatus.optional(),
  /** The analysis that the status is about; null while there is none. */
  statusOf: z.string().nullable().optional(),
  /** What its owner ought to look at: a batch of old cases named another culprit. Null once it was seen. */
  notice: z.object({ batchId: z.string(), at: Timestamp, statement: z.string() }).nullable().optional(),
  /** More of the newest finished analysis, beside headline, verdict and driver. */
  tag: z.string().nullable().optional(),
  driverVersion: z.string().nullable().optional(),
  bugcheck: z.object({ code: HexAddress, name: z.string().nullable() }).nullable().optional(),
  crashedAt: Timestamp.nullable().optional(),
  /** What cases of one cause have in common (shared/cases/search/signature.ts). */
  signature: z.string().nullable().optional(),
  /** What people say about it (shared/cases/life/case-details.ts). */
  customer: z.string().nullable().optional(),
  host: z.string().nullable().optional(),
  description: z.string().nullable().optional(),
  tickets: z.array(z.object({ url: z.string(), name: z.string().nullable() })).optional(),
  labels: z.array(z.string()).optional(),
  assignee: z.string().nullable().optional(),
  /** How often a person changed the details above; whoever changes them says which count was read. */
  revision: Count.optional(),
  createdBy: z.string().optional(),
  /** When it was closed; null or absent while it is open. */
  closedAt: Timestamp.nullable().optional(),
  closedBy: z.string().nullable().optional(),
})
export type CaseRecord = z.infer<typeof CaseRecord>

/** What follows a dump from its upload to its verdict. */
const journey = {
  lane: Lane.optional(),
  traceId: TraceId.nullable().optional(),
  /** When the sweep looks whether it is stuck; null or absent where there is nothing left to look after. */
  sweepAt: Timestamp.nullable().optional(),
}

/** A dump: `uploading` until the object is complete, then pinned to one version of it. */
export const DumpRecord = z.object({
  caseId: z.string(),
  dumpId: z.string(),
  fileName: z.string(),
  bytes: Count,
  /** `deleted`: its bytes are gone (shared/cases/life/retention.ts), what was found in them is not. */
  status: z.enum(['uploading', 'uploaded', 'aborted', 'deleted']),
  createdAt: Timestamp,
  uploadedAt: Timestamp.nullable(),
  etag: z.string().nullable(),
  versionId: z.string().nullable(),
  /** The analysis that counts for this dump. */
  currentAnalysisId: z.string().nullable(),
  /**
   * What is uploaded is an archive with the dump in it: null when it is not, absent until somebody has looked. `bytes`,
   * `etag` and `versionId` above are the upload's, those of `unpacked` the dump's own, null until it is unpacked.
   */
  archive: z
    .object({
      format: ArchiveFormat,
      /** S3's multipart upload that it is being unpacked into. */
      multipartId: z.string().nullable(),
      unpacked: z.object({ bytes: Count, etag: z.string(), versionId: z.string().nullable() }).nullable(),
    })
    .nullable()
    .optional(),
  /** The SHA-256 that storage verified the bytes against: composite where it ends in `-` and a number of parts. */
  sha256: z.string().nullable().optional(),
  /** The dump of the same tenant that has these very bytes and came before; this one is not analysed again. */
  sameAs: z.object({ caseId: z.string(), dumpId: z.string() }).nullable().optional(),
  /** The upload link it came through. */
  linkId: z.string().nullable().optional(),
  /** The multipart upload it comes by; none when it comes in a single request. */
  uploadId: z.string().nullable().optional(),
  /** Why it was given up, for the person who waits for it. */
  note: z.string().nullable().optional(),
  /** Whether all its pages are to be scanned, whatever its size. */
  fullScan: z.boolean().optional(),
  ...journey,
})
export type DumpRecord = z.infer<typeof DumpRecord>

/** How a dump is being uploaded: S3's name for the multipart upload, and how the file is cut. */
export const UploadRecord = z.object({
  caseId: z.string(),
  uploadId: z.string(),
  dumpId: z.string(),
  multipartId: z.string(),
  bytes: Count,
  partBytes: Count,
  parts: Count,
})
export type UploadRecord = z.infer<typeof UploadRecord>

export const ReusedResults = z.partialRecord(Stage.exclude(['verdict']), z.string())
export type ReusedResults = z.infer<typeof ReusedResults>

/** What is asked of many finished analyses at once, without reading each: the engine's data versions, and of the dump. */
export const AnalysisFacts = z.object({
  data: z.record(z.string(), z.string()),
  build: z.number().int().nullable(),
  architecture: Architecture,
  /** The dump was refused: it is no kernel dump that this engine could read. */
  refused: z.boolean(),
})
export type AnalysisFacts = z.infer<typeof AnalysisFacts>

export const AnalysisRecord = z.object({
  caseId: z.string(),
  dumpId: z.string(),
  analysisId: z.string(),
  engineVersion: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  createdAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  headline: z.string().nullable(),
  verdict: Verdict.nullable(),
  /** The batch that had it made: its case does not show it until the batch is published. */
  batchId: z.string().nullable().optional(),
  /** Stages whose results are those of an earlier analysis of the same dump, by that analysis's id. */
  reused: ReusedResults.optional(),
  facts: AnalysisFacts.optional(),
  /** The analysis that counted for the dump when this one began, and stands until this one is done; none for a first. */
  supersedes: z.string().nullable().optional(),
  /** Whether all pages are scanned, whatever the dump's size. */
  fullScan: z.boolean().optional(),
  /** The further analysis that refines this one by a scan of all pages. */
  refinedBy: z.string().nullable().optional(),
  /** When its end was announced; null while that is still to do, absent before it has ended. */
  announcedAt: Timestamp.nullable().optional(),
  ...journey,
})
export type AnalysisRecord = z.infer<typeof AnalysisRecord>

/** How one piece of work stands. A late attempt never overwrites a later one: writes are conditional on `attempt`. */
const work = {
  /** `waiting`: it was divided into shards, and none works on it until they are all settled. */
  status: z.enum(['queued', 'running', 'waiting', 'done', 'failed', 'skipped']),
  attempt: z.number().int().positive(),
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  cost: Cost.nullable(),
  /** A sentence for the person watching: why it was skipped or failed. */
  note: z.string().nullable(),
  /** Since when it waits for a worker, or for its shards. */
  queuedAt: Timestamp.nullable().optional(),
  /** Until when the worker that claimed it may be alive. */
  leaseUntil: Timestamp.nullable().optional(),
  /** The message whose delivery claimed it. */
  claimedBy: z.string().nullable().optional(),
  /** How often the sweep has sent its message again. */
  sweeps: Count.optional(),
  /** It failed for a reason that may pass: once its dead letter is sent again, it may be tried again. */
  retriable: z.boolean().optional(),
  /** The sweep gave it up: nobody took it up, or each of its workers was stopped before it could say why. */
  givenUp: z.boolean().optional(),
}
const Work = z.object(work)
export type Work = z.infer<typeof Work>

/** Work that nobody has begun, and that waits for a worker since `at`. */
export const queuedWork = (at: Date): Work => ({
  status: 'queued',
  attempt: 1,
  startedAt: null,
  finishedAt: null,
  cost: null,
  note: null,
  queuedAt: at.toISOString(),
})

/** One stage of one analysis. */
export const StageRecord = z.object({ dumpId: z.string(), analysisId: z.string(), stage: Stage, ...work })
export type StageRecord = z.infer<typeof StageRecord>

/** One part of a stage's work that was divided: its number from 0, out of `of`. */
export const ShardRecord = z.object({
  dumpId: z.string(),
  analysisId: z.string(),
  stage: Stage,
  shard: Count,
  of: z.number().int().positive(),
  ...work,
})
export type ShardRecord = z.infer<typeof ShardRecord>
