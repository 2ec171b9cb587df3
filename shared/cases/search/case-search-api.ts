import { z } from 'zod'
import { CaseCursor, CaseQuery } from './case-query.ts'

/** Several values as one text, separated by commas. */
const listOf = <Output>(values: z.ZodType<Output>) =>
  z
    .string()
    .transform((text): unknown => text.split(','))
    .pipe(values)
    .optional()

const { status, verdict, labels } = CaseQuery.shape

/**
 * `CaseQuery` as the query of an address. Values that may be several are separated by commas: any of the `status` and
 * `verdict` values, all of the `label` values. `assignee` may be `me`. `cursor` is the `nextCursor` of the page before.
 */
export const CaseSearch = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: CaseCursor.optional(),
  ...CaseQuery.omit({ labels: true }).shape,
  status: listOf(status.unwrap()),
  verdict: listOf(verdict.unwrap()),
  label: listOf(labels.unwrap()),
})
export type CaseSearch = z.infer<typeof CaseSearch>
