import { z } from 'zod'
import { isId } from '../ids.ts'
import { BatchItem, BatchQuery, BatchRecord, BatchSettings } from './batch.ts'
import { PlanTotals, Progress, VerdictMoves } from './batch-progress.ts'

/**
 * Old cases done again in batches:
 *
 *   POST   /api/reprocessing                              CreateBatch → 201 BatchView   (planning begins by itself)
 *   GET    /api/reprocessing?limit&cursor                             → BatchList
 *   GET    /api/reprocessing/{id}                                     → BatchView       (plan, progress, verdicts)
 *   GET    /api/reprocessing/{id}/items?show&limit&cursor             → BatchItems      (differences)
 *   GET    /api/reprocessing/{id}/export?format                       → CSV or JSON of all items
 *   POST   /api/reprocessing/{id}/dry-run, start, pause, resume, cancel, publish, move-back → BatchView
 */
export const CreateBatch = z.strictObject({
  name: z.string().trim().min(1).max(200),
  query: BatchQuery.default({}),
  exclude: BatchQuery.nullable().default(null),
  settings: BatchSettings.prefault({}),
})
export type CreateBatch = z.input<typeof CreateBatch>

export const BatchActionName = z.enum(['dry-run', 'start', 'pause', 'resume', 'cancel', 'publish', 'move-back'])

/** A batch, what its plan comes to, how far it is, and what may be asked of it now. */
export const BatchView = z.object({
  batch: BatchRecord,
  plan: PlanTotals,
  progress: Progress,
  verdicts: VerdictMoves,
  actions: z.array(BatchActionName),
})
export type BatchView = z.infer<typeof BatchView>

export const BatchPage = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(100),
  /** `nextCursor` of the page before: its last batch. */
  cursor: z
    .string()
    .refine((text) => isId('batch', text), 'is not a cursor of this list')
    .optional(),
})

export const BatchList = z.object({ batches: z.array(BatchRecord), nextCursor: z.string().nullable() })
export type BatchList = z.infer<typeof BatchList>

/** Which items to list. `open`: not ended yet. */
export const ItemFilter = z.enum(['all', 'changed', 'culprit', 'same', 'failed', 'impossible', 'open', 'kept'])
export type ItemFilter = z.infer<typeof ItemFilter>

export const ItemQuery = z.object({
  show: ItemFilter.default('all'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `nextCursor` of the page before: its last dump. */
  cursor: z
    .string()
    .refine((text) => isId('dump', text), 'is not a cursor of this list')
    .optional(),
})

export const BatchItems = z.object({ items: z.array(BatchItem), nextCursor: z.string().nullable() })
export type BatchItems = z.infer<typeof BatchItems>

export const ExportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv') })
