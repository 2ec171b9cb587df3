import { z } from 'zod'
import { Count } from '../analysis/scalars.ts'
import { CaseDetails } from './life/case-details.ts'
import { AnalysisRecord, CaseRecord, DumpRecord, StageRecord } from './records.ts'

/**
 * Bodies of the HTTP API, as the contract lays out its paths:
 *
 *   POST   /api/cases                                         CreateCase      → 201 CaseRecord
 *   GET    /api/cases?limit&cursor&text&status&…              CaseSearch      → CaseList
 *   GET    /api/cases/{id}                                                    → CaseDetail
 *   POST   /api/cases/{id}/uploads                            StartUpload     → 201 Upload
 *   POST   /api/cases/{id}/uploads/{uploadId}/parts           SignParts       → SignedParts
 *   GET    /api/cases/{id}/uploads/{uploadId}/parts                           → UploadedParts
 *   POST   /api/cases/{id}/uploads/{uploadId}/complete        CompleteUpload  → DumpRecord
 *   DELETE /api/cases/{id}/uploads/{uploadId}                                 → 204
 *   GET    /api/cases/{id}/dumps/{dumpId}/analyses/{analysisId}               → Analysis
 *   GET    /api/health                                                        → Health
 *
 * Bodies about uploads and upload links are in upload-api.ts. Errors are RFC 9457 problem documents.
 */
export const CreateCase = z.strictObject({ title: z.string().trim().min(1).max(200), ...CaseDetails.partial().shape })
export type CreateCase = z.input<typeof CreateCase>

/** `partial`: the search ended at its limit of work before the page was full; `nextCursor` goes on from there. */
export const CaseList = z.object({
  cases: z.array(CaseRecord),
  nextCursor: z.string().nullable(),
  partial: z.boolean(),
})
export type CaseList = z.infer<typeof CaseList>

/** How far the parts are that a stage was divided into. */
export const ShardProgress = z.object({ of: Count, done: Count, failed: Count })
export type ShardProgress = z.infer<typeof ShardProgress>

/** A case with everything that happened to it; `stages` of an analysis in their order. */
export const CaseDetail = z.object({
  case: CaseRecord,
  dumps: z.array(
    z.object({
      dump: DumpRecord,
      analyses: z.array(
        z.object({
          analysis: AnalysisRecord,
          stages: z.array(StageRecord),
          shards: ShardProgress.optional(),
          /** What its stages have cost so far by the cost model, in US dollars; the API adds it. */
          dollars: z.number().nonnegative().optional(),
        }),
      ),
    }),
  ),
})
export type CaseDetail = z.infer<typeof CaseDetail>

export const Health = z.object({ status: z.literal('ok'), engineVersion: z.string() })
export type Health = z.infer<typeof Health>

/** RFC 9457. `type` is a stable URN, `detail` a sentence for a person. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string().optional(),
})
export type Problem = z.infer<typeof Problem>
