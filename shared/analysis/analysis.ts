import { z } from 'zod'
import { DumpFacts } from './dump-facts.ts'
import { Finding, Verdict } from './finding.ts'
import { Allocator, Importer } from './importer.ts'
import { MemoryUsage } from './memory-usage.ts'
import { Module, UnloadedModule } from './module.ts'
import { ObjectUsers } from './object-use.ts'
import { PoolUsage } from './pool-usage.ts'
import { Count } from './scalars.ts'

/** How much of what a search should have read was in the dump. */
export const Coverage = z.object({
  area: z.string(),
  wantedBytes: Count,
  readBytes: Count,
  note: z.string().optional(),
})
export type Coverage = z.infer<typeof Coverage>

/** A debugger command and its output in the debugger's own shape. */
export const TranscriptEntry = z.object({ command: z.string(), output: z.string() })
export type TranscriptEntry = z.infer<typeof TranscriptEntry>

/** What an analysis took. Outside the pure result: two runs differ in it and in nothing else. */
export const Cost = z.object({ bytesRead: Count, reads: Count, milliseconds: Count, peakMemoryBytes: Count })
export type Cost = z.infer<typeof Cost>

/** The one document a dump ends in: a pure function of its bytes, the engine's version and its data tables' versions. */
export const Analysis = z.object({
  schema: z.literal('dumpline/analysis/1'),
  engine: z.object({ version: z.string(), data: z.record(z.string(), z.string()) }),
  dump: DumpFacts,
  modules: z.array(Module),
  unloadedModules: z.array(UnloadedModule),
  memory: MemoryUsage.nullable(),
  pool: PoolUsage.nullable(),
  allocators: z.array(Allocator),
  importers: z.array(Importer),
  /** Only where the tag of a kind of objects leaks. */
  objects: ObjectUsers.optional(),
  findings: z.array(Finding),
  headline: z.string(),
  verdict: Verdict,
  coverage: z.array(Coverage),
  transcript: z.array(TranscriptEntry),
  cost: Cost,
})
export type Analysis = z.infer<typeof Analysis>
