import { z } from 'zod'
import { Finding } from './finding.ts'
import { Count, Timestamp } from './scalars.ts'

/** One of the dumps compared, in order of time. */
export const ComparedDump = z.object({
  at: Timestamp.nullable(),
  uptimeSeconds: z.number().nullable(),
  /** Only part of its accounting was in the dump: its figures are "at least" and make no growth. */
  lowerBound: z.boolean(),
})
export type ComparedDump = z.infer<typeof ComparedDump>

/** What lies between one dump and the next; null where the dumps do not tell. */
export const Interval = z.object({
  hours: z.number().nonnegative().nullable(),
  rebooted: z.boolean().nullable(),
  /** How that is known, in full sentences. */
  reason: z.string(),
})
export type Interval = z.infer<typeof Interval>

/** One tag in one pool. `bytes` and `outstanding` have a figure for each dump, in their order. */
export const TagGrowth = z.object({
  tag: z.string(),
  pool: z.enum(['nonpaged', 'paged']),
  bytes: z.array(Count),
  outstanding: z.array(Count),
  /** From the first to the last dump of `span`; null when there is none. */
  bytesPerHour: z.number().nullable(),
  /** Allocations and frees in that time: a leak frees less than it makes. Null where they were not counted. */
  allocated: Count.nullable(),
  freed: Count.nullable(),
  grows: z.boolean(),
  lockstepWith: z.array(z.string()),
})
export type TagGrowth = z.infer<typeof TagGrowth>

/** Growth between dumps of one server: a pure function of their analyses. */
export const Comparison = z.object({
  schema: z.literal('dumpline/comparison/1'),
  engine: z.object({ version: z.string(), data: z.record(z.string(), z.string()) }),
  dumps: z.array(ComparedDump),
  sameServer: z.boolean().nullable(),
  intervals: z.array(Interval),
  /** Indexes of the dumps that growth was measured over: of one boot, at known times, their accounting complete. */
  span: z.array(Count),
  tags: z.array(TagGrowth),
  findings: z.array(Finding),
  headline: z.string(),
  /** What speaks for or against one server, and what could not be compared and why: full sentences. */
  notes: z.array(z.string()),
})
export type Comparison = z.infer<typeof Comparison>
