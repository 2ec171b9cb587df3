import { z } from 'zod'
import { Count, HexAddress } from './scalars.ts'

/** One statement for or against a candidate. `weight` is positive in both lists; `kind` names the row of the weights table. */
export const Evidence = z.object({
  kind: z.string(),
  statement: z.string(),
  weight: z.number().nonnegative(),
  address: HexAddress.optional(),
  module: z.string().optional(),
})
export type Evidence = z.infer<typeof Evidence>

export const Candidate = z.object({
  kind: z.enum(['module', 'process']),
  name: z.string(),
  base: HexAddress.nullable(),
  pid: z.number().int().nullable(),
  confidence: z.number().min(0).max(1),
  for: z.array(Evidence),
  against: z.array(Evidence),
})
export type Candidate = z.infer<typeof Candidate>

/** `kind` is one of pool-leak, object-leak, pool-exhaustion, hidden-module, dump-quality, or a later one. */
export const Finding = z.object({
  id: z.string(),
  kind: z.string(),
  pool: z.enum(['nonpaged', 'paged']).nullable(),
  tag: z.string().nullable(),
  bytes: Count.nullable(),
  outstanding: Count.nullable(),
  status: z.enum(['culprit', 'suspects', 'inconclusive', 'not-determinable', 'information']),
  candidates: z.array(Candidate),
  summary: z.string(),
  nextStep: z.string(),
})
export type Finding = z.infer<typeof Finding>

export const Verdict = z.enum(['healthy', 'culprit', 'suspects', 'inconclusive', 'not-determinable'])
export type Verdict = z.infer<typeof Verdict>
