import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { costOfDump } from '../../shared/cost/cost-model.ts'
import { estimateOf, spentOn } from '../../shared/cost/estimate.ts'
import { expectedDump } from '../../shared/cost/expected-use.ts'
import { depletionDump } from '../../shared/cost/measured-dumps.ts'
import { prices } from '../../shared/cost/prices.ts'
import { chooseScan, type OpenPool } from '../../shared/stages/pool-scan.ts'
import { pipelineOptions } from '../../shared/stages/scan-extent.ts'

const gib = 2 ** 30
const fullScan = (size: number) =>
  estimateOf({ bytes: size * gib, beginAt: 'pool', fullScan: true, lane: 'interactive' })
const repeated = (size: number, last?: Parameters<typeof estimateOf>[1]) =>
  estimateOf({ bytes: size * gib, beginAt: 'header', lane: 'reprocessing' }, last)

/** How many parts the pool stage itself makes of a full dump's pages; none where it looks at some of them only. */
const partsPlanned = async (size: number, isFirst: boolean, fullScan?: boolean): Promise<number> => {
  const bytes = Math.round(size * gib)
  const pages = Math.floor(bytes / 4096) - 2
  const pool = {
    bytes,
    physical: { presentPages: pages, runs: () => [{ fileOffset: 8192, pages }] },
    kernel: { build: 7601, memory: { pointerBytes: 8 } },
    accounting: { totals: [] },
  } as unknown as OpenPool
  const header = { modules: [], unloadedModules: [] }
  const choice = await chooseScan(bufferSource(new Uint8Array()), pool, header, pipelineOptions({ isFirst, fullScan }))
  return choice.kind === 'all' ? choice.plan.shards.length : 0
}

const sizes = [0.5, 1.999, 2.5, 3, 5, 7.9, 8, 8.1, 20, 32, 128]

describe('the estimate is of what the pool stage will do', () => {
  test.each(sizes)('a full scan of %d GiB', async (size) => {
    expect(fullScan(size).parts).toBe(await partsPlanned(size, false, true))
  })

  test.each(sizes)('a batch that does a dump of %d GiB again', async (size) => {
    expect(repeated(size).parts).toBe(Math.max(1, await partsPlanned(size, false)))
  })

  test.each(sizes)('the first analysis of a dump of %d GiB, and what follows it', async (size) => {
    const { analyses } = expectedDump(size * gib, depletionDump, false)
    const first = await partsPlanned(size, true)
    expect(analyses[0].shards).toBeUndefined()
    const scansPages = (analyses[0].stages.pool?.bytesRead ?? 0) > 0.9 * size * gib
    expect(scansPages).toBe(first === 1)
    const later = first === 0 && size <= 8 ? await partsPlanned(size, false) : 0
    expect(analyses[1]?.shards?.count ?? 0).toBe(later)
  })
})

test('twice the pages to scan cost more, in one piece or in parts, and no more than about twice', () => {
  for (const size of [1, 1.5, 2, 3, 4])
    for (const cost of [(of: number) => repeated(of).dollars, (of: number) => fullScan(of).dollars]) {
      expect(cost(2 * size) / cost(size)).toBeGreaterThan(1.2)
      expect(cost(2 * size) / cost(size)).toBeLessThan(2.2)
    }
})

test('a full scan costs what a dump scanned from the start costs more than one that was not', () => {
  const total = (scan: boolean) => costOfDump(expectedDump(32 * gib, depletionDump, scan), prices).total
  expect(fullScan(32).dollars).toBeCloseTo(total(true) - total(false), 6)
})

test('parts run beside each other: 64 take four rounds of twenty at once, 16 take one', () => {
  const one = fullScan(2.5).milliseconds
  expect(fullScan(32).milliseconds).toBeLessThan(2 * one)
  expect(fullScan(128).milliseconds).toBeGreaterThan(2.5 * one)
})

describe('what was counted the last time', () => {
  const cost = (milliseconds: number) => ({ bytesRead: 0, reads: 0, milliseconds, peakMemoryBytes: 0 })
  const pool = [{ stage: 'pool' as const, cost: cost(1_000_000) }]

  test('counts where the scan was divided alike, and as shards', () => {
    const counted = { stages: pool, shards: { of: 3 } }
    expect(repeated(5, counted).dollars).toBeGreaterThan(spentOn(counted))
    expect(repeated(5, counted).dollars).toBeLessThan(spentOn(counted) + 0.0001)
    // The shards' function has less memory than the stage's own.
    expect(spentOn(counted)).toBeLessThan(0.7 * spentOn({ stages: pool }))
    expect(repeated(5, counted).milliseconds).toBeLessThan(400_000)
  })

  test('says nothing of a scan in parts where it was a sample, nor the other way round', () => {
    expect(repeated(5, { stages: pool })).toEqual(repeated(5))
    expect(repeated(1, { stages: pool, shards: { of: 3 } })).toEqual(repeated(1))
    expect(repeated(1, { stages: pool }).milliseconds).toBeGreaterThan(1_000_000)
  })
})
