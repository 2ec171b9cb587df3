import { z } from 'zod'
import { Count, HexAddress, hexAddress } from '../analysis/scalars.ts'
import type { ByteSource } from '../bytes/source.ts'
import { type PoolHeaderFormat, poolHeaderFormats } from '../kernel/pools/pool-header.ts'
import { blockSampler, type ModuleRange } from './contents.ts'
import { Shard } from './plan-shards.ts'
import type { PoolCensus } from './pool-census.ts'
import { scanPool } from './scan.ts'

/** All that a scan must know of the machine, as JSON: whoever has it and the file needs nothing else of the dump. */
export const ScanBrief = z.object({
  build: Count,
  pointerBytes: z.union([z.literal(4), z.literal(8)]),
  /** Tags that the tracker knows; null where there is none. */
  knownKeys: z.array(Count).nullable(),
  /** Tags whose blocks are looked into; null where none are. */
  sampledKeys: z.array(Count).nullable(),
  /** What pointers in blocks are held against. */
  modules: z.array(z.object({ name: z.string(), base: HexAddress, size: Count, unloaded: z.literal(true).optional() })),
})
export type ScanBrief = z.infer<typeof ScanBrief>

/** A scan of all pages of a dump, cut into shards that each may be looked at alone. */
export const ScanPlan = z.object({ brief: ScanBrief, shards: z.array(Shard) })
export type ScanPlan = z.infer<typeof ScanPlan>

export const formatsOf = ({
  build,
  pointerBytes,
}: Pick<ScanBrief, 'build' | 'pointerBytes'>): readonly PoolHeaderFormat[] => poolHeaderFormats(build, pointerBytes)

/** Modules as JSON, in a brief. */
export const briefModules = (ranges: readonly ModuleRange[]): ScanBrief['modules'] =>
  ranges.map(({ base, ...range }) => ({ ...range, base: hexAddress(base) }))

/** A brief's modules, as what looks at blocks takes them. */
export const moduleRanges = ({ modules }: ScanBrief): ModuleRange[] =>
  modules.map(({ base, ...range }) => ({ ...range, base: BigInt(base) }))

/** The census of one shard; `onProgress` is told how many of its pages are done. Reads the shard's bytes, each once. */
export const scanShard = (
  source: ByteSource,
  brief: ScanBrief,
  ranges: Shard,
  onProgress?: (pages: number) => void,
): Promise<PoolCensus> => {
  const { knownKeys, sampledKeys } = brief
  const modules = moduleRanges(brief)
  return scanPool(source, {
    ranges,
    formats: formatsOf(brief),
    knownKeys: knownKeys === null ? null : new Set(knownKeys),
    sampler: sampledKeys === null ? null : (format) => blockSampler(format, sampledKeys, modules),
    onProgress,
  })
}
