import { z } from 'zod'
import { Comparison } from '../analysis/comparison.ts'
import { isId } from './ids.ts'

/**
 * Growth between dumps of one case:
 *
 *   GET /api/cases/{id}/comparison?dumps   → CaseComparison
 */

/** More dumps make the answer long, and a line with more points tells no more. */
export const mostDumpsCompared = 12

/** `dumps`: ids with commas between; without it the newest analysed dumps of the case. */
export const ComparisonQuery = z.object({
  dumps: z
    .string()
    .transform((text) => [...new Set(text.split(','))])
    .refine((ids) => ids.every((id) => isId('dump', id)), 'names something that is not the id of a dump')
    .refine(
      (ids) => ids.length >= 2 && ids.length <= mostDumpsCompared,
      `takes 2 to ${mostDumpsCompared} different dumps`,
    )
    .optional(),
})

/** `sources` says which dump is behind each figure, in the order of `dumps`; one without pool accounting has none. */
export const CaseComparison = Comparison.extend({
  sources: z.array(z.object({ dumpId: z.string(), analysisId: z.string(), fileName: z.string() })),
})
export type CaseComparison = z.infer<typeof CaseComparison>
