import { z } from 'zod'
import { Count, HexAddress, Timestamp } from '../analysis/scalars.ts'

/**
 * A dump's raw contents, for those allowed to see them; each look is recorded:
 *
 *   GET  /api/cases/{id}/dumps/{dumpId}/memory?address&length&as   → MemoryView
 *   POST /api/cases/{id}/dumps/{dumpId}/downloads                  → 201 DumpDownload
 */

/** What a person can look through; more is for the debugger. */
const mostBytesViewed = 4096

/** How memory is laid out: the debugger's commands of these names. */
export const MemoryLayout = z.enum(['dps', 'db', 'dd', 'dq', 'da', 'du'])
export type MemoryLayout = z.infer<typeof MemoryLayout>

/** `length` in bytes, rounded up to whole units of the layout. */
export const MemoryQuery = z.object({
  address: HexAddress.max(18),
  length: z.coerce.number().int().min(1).max(mostBytesViewed).default(128),
  as: MemoryLayout.default('dps'),
})

/** A command of the debugger and its output; `????????` is not in the dump. */
export const MemoryView = z.object({
  command: z.string(),
  output: z.string(),
  pointerBytes: z.union([z.literal(4), z.literal(8)]),
})
export type MemoryView = z.infer<typeof MemoryView>

export const DumpDownload = z.object({ url: z.string(), fileName: z.string(), bytes: Count, expiresAt: Timestamp })
export type DumpDownload = z.infer<typeof DumpDownload>
