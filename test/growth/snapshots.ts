import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { Module } from '../../shared/analysis/module.ts'
import type { TagUsage, Totals } from '../../shared/analysis/pool-usage.ts'
import { memory } from '../verdict/knowledge.ts'

/** Hand-made analyses of one server, for tests of growth. Hours count from the first dump. */

const noTotals: Totals = { allocations: 0, frees: 0, outstanding: 0, bytes: 0 }

export const tagRow = (tag: string, outstanding: number, bytes: number, frees = 1000): TagUsage => ({
  tag,
  nonPaged: { allocations: outstanding + frees, frees, outstanding, bytes },
  paged: noTotals,
  owner: null,
  meaning: null,
})

const start = Date.parse('2008-12-12T08:00:00.000Z')

const drivers = (count: number): Module[] =>
  ['ntoskrnl.exe', 'hal.dll', ...Array.from({ length: count }, (_, index) => `driver${index}.sys`)].map(
    (name, index) => ({
      name,
      path: null,
      base: `0x${(0x80800000 + index * 0x100000).toString(16)}`,
      size: 0x8000 + index * 0x1000,
      timestamp: `0x${(0x45d70000 + index).toString(16)}`,
      checksum: null,
      pdb: null,
      listed: true,
      readBytes: 0x8000,
    }),
  )

/** So many hours after the first dump, at which the server had been up for 500 hours. */
export const snapshot = (
  hours: number,
  tags: readonly TagUsage[],
  changes: { dump?: Partial<Analysis['dump']>; pool?: Partial<Analysis['pool']> } & Partial<
    Omit<Analysis, 'dump' | 'pool'>
  > = {},
): Analysis => {
  const { dump, pool, ...others } = changes
  return {
    schema: 'dumpline/analysis/1',
    engine: { version: '0', data: {} },
    dump: {
      bytes: 2 ** 20,
      format: 'kernel',
      architecture: 'x86',
      build: 3790,
      machine: '0x14c',
      processors: 4,
      bugcheck: null,
      crashedAt: new Date(start + hours * 3_600_000).toISOString(),
      uptimeSeconds: (500 + hours) * 3600,
      truncated: false,
      physicalPages: null,
      ...dump,
    },
    modules: drivers(20),
    unloadedModules: [],
    memory: memory({ nonPagedPool: { usedPages: 45_955, maximumPages: 65_536, excessive: false } }),
    pool: {
      source: 'tracker',
      lowerBound: false,
      processors: 4,
      tags: [...tags],
      bigAllocations: [],
      ...pool,
    },
    allocators: [],
    importers: [],
    findings: [],
    headline: '',
    verdict: 'healthy',
    coverage: [],
    transcript: [],
    cost: { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 },
    ...others,
  }
}
