import { beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { cachedSource } from '../../shared/bytes/cached-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { headerStage } from '../../shared/stages/header.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { poolStage } from '../../shared/stages/pool.ts'
import { PoolResult } from '../../shared/stages/results.ts'
import { build, type Forged, scenarioNamed } from '../forge/forge.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }

const analyse = async (file: Uint8Array, options: StageOptions) => {
  const source = countingSource(bufferSource(file))
  const header = await headerStage(bufferSource(file), options)
  const result = PoolResult.parse({ ...(await poolStage(cachedSource(source), header, options)), cost })
  return { result, readBytes: source.counts.bytes }
}

const output = ({ transcript }: PoolResult, command: string): string =>
  transcript.find((entry) => entry.command === command)?.output ?? ''

type Side = 'nonPaged' | 'paged'

/** The pool stage against what is true of forged machines, without symbols and with them. */
describe.each(['2008-nonpaged-depletion', '2008-nonpaged-depletion-pae', '2008-nonpaged-depletion-x64', 'healthy'])(
  'the pool stage on %s',
  (name) => {
    let forged: Forged
    let bare: PoolResult
    let symbolic: PoolResult
    let tablesAlone: Awaited<ReturnType<typeof analyse>>
    let glimpse: Awaited<ReturnType<typeof analyse>>

    beforeAll(async () => {
      forged = build(scenarioNamed(name))
      const file = Buffer.concat(forged.pieces)
      bare = (await analyse(file, {})).result
      symbolic = (await analyse(file, { symbols: forged.symbols })).result
      tablesAlone = await analyse(file, { scanLimitBytes: 1 << 20, sampleBytes: 0 })
      glimpse = await analyse(file, { scanLimitBytes: 1 << 20, sampleBytes: 16 << 20 })
    })

    test('adds up every tag over all processors, with symbols and without', () => {
      for (const { pool } of [bare, symbolic, tablesAlone.result]) {
        expect(pool).toMatchObject({ lowerBound: false, processors: forged.truth.processors })
        const found = new Map(pool?.tags.map((row) => [row.tag, row]))
        for (const { tag, wraps, nonPaged, paged } of forged.truth.tags) {
          const row = found.get(tag)
          // Counts that wrapped are only known modulo 2^32: what is outstanding and the bytes are not.
          const known = (side: Side, truth: typeof nonPaged) =>
            expect({ tag, ...row?.[side] }).toMatchObject(
              wraps ? { outstanding: truth.outstanding, bytes: truth.bytes } : { ...truth },
            )
          if (nonPaged.allocations + paged.allocations === 0) continue
          known('nonPaged', nonPaged)
          known('paged', paged)
        }
        const listed = new Set(forged.truth.tags.map(({ tag }) => tag))
        expect(pool?.tags.filter(({ tag }) => !listed.has(tag))).toEqual([])
      }
    })

    test('sorts them by non-paged bytes', () => {
      const bytes = bare.pool?.tags.map(({ nonPaged }) => nonPaged.bytes) ?? []
      expect(bytes).toEqual([...bytes].sort((a, b) => b - a))
    })

    test('finds every small block in the pages, and no other', () => {
      const expected = new Map<string, { blocks: number; bytes: number }>()
      for (const { tag, blocks, bytes } of [...forged.truth.scan.nonPaged, ...forged.truth.scan.paged]) {
        const sum = expected.get(tag) ?? { blocks: 0, bytes: 0 }
        expected.set(tag, { blocks: sum.blocks + blocks, bytes: sum.bytes + bytes })
      }
      const found = new Map(bare.pool?.scan?.tags.map(({ tag, blocks, bytes }) => [tag, { blocks, bytes }]))
      expect(Object.fromEntries([...found].sort())).toEqual(Object.fromEntries([...expected].sort()))
    })

    test('lists the largest allocations, paged and not', () => {
      const truth = forged.truth.bigAllocations.toSorted((a, b) => b.bytes - a.bytes)
      for (const { pool } of [bare, symbolic]) {
        expect(pool?.bigAllocations.map(({ bytes }) => bytes)).toEqual(truth.slice(0, 64).map(({ bytes }) => bytes))
        // On Server 2003 entries do not say which pool they are of: not to know is allowed, to be wrong is not.
        const asTrue = pool?.bigAllocations.map((found) => ({
          ...found,
          paged: found.paged ?? truth.find(({ address }) => address === found.address)?.paged,
        }))
        expect(truth).toEqual(expect.arrayContaining(asTrue ?? []))
        if (forged.truth.build > 3790) expect(pool?.bigAllocations.every(({ paged }) => paged !== null)).toBe(true)
      }
    })

    test('has tracker and blocks agree, and says so', () => {
      for (const { pool, coverage } of [bare, symbolic]) {
        expect(pool?.source).toBe('both')
        expect(coverage.find(({ area }) => area === 'pool scan')?.note).toContain('agree on 100.0 %')
      }
    })

    test('has tracker and large blocks agree without a look at the pages', () => {
      const { coverage } = tablesAlone.result
      expect(coverage.find(({ area }) => area === 'table of large pool allocations')?.note).toContain('counts 100.0 %')
    })

    test('answers from a few MiB when the pages are not to be scanned', () => {
      const { result, readBytes } = tablesAlone
      expect(readBytes).toBeLessThan(16 << 20)
      expect(result.pool).toMatchObject({ source: 'tracker', tags: bare.pool?.tags })
      expect(result.pool?.scan).toBeUndefined()
      expect(result.coverage.find(({ area }) => area === 'pool scan')).toMatchObject({ readBytes: 0 })
    })

    test('of a dump too large to scan looks into blocks here and there, and counts none', () => {
      const { result, readBytes } = glimpse
      expect(readBytes).toBeLessThan(32 << 20)
      expect(result.pool?.scan).toBeUndefined()
      expect(result.coverage.find(({ area }) => area === 'pool scan')).toMatchObject({ readBytes: 16 << 20 })
      const { culprit } = forged.truth
      if (culprit === null) return
      const contents = result.contents.find(({ tag }) => tag === 'None')
      expect(contents?.sampledBlocks).toBeGreaterThan(64)
      expect(contents?.modules[0]?.module).toBe(culprit.module)
    })

    test('shows the first two tags as the debugger does', () => {
      const rows = output(bare, '!poolused /t2 2')
        .split('\n')
        .slice(5)
        .map((line) => line.trim().split(/\s+/).slice(0, 5).join(' '))
      expect(rows).toEqual(
        forged.truth.tags
          .slice(0, 2)
          .map(({ tag, nonPaged, paged }) =>
            [tag.trim(), nonPaged.outstanding, nonPaged.bytes, paged.outstanding, paged.bytes].join(' '),
          ),
      )
    })

    test('finds the culprit\u2019s own pointers in its blocks, hardly any in others', () => {
      const { culprit } = forged.truth
      if (culprit === null) return
      const contents = bare.contents.find(({ tag }) => tag === 'None')
      expect(contents?.sampledBlocks).toBe(512)
      const [first] = contents?.modules ?? []
      expect(first?.module).toBe(culprit.module)
      expect(first?.base).toBe(culprit.base)
      expect(first?.blocks).toBeGreaterThan(10 * first?.otherBlocks)
    })
  },
)

test('the seed\u2019s own figures', async () => {
  const { result } = await analyse(Buffer.concat(build(scenarioNamed('2008-nonpaged-depletion')).pieces), {
    scanLimitBytes: 0,
    sampleBytes: 0,
  })
  const words = output(result, '!poolused /t2 2')
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '')
  expect(words).toEqual([
    'Sorting by NonPaged Pool Consumed',
    'Pool Used:',
    'NonPaged Paged',
    'Tag Allocs Used Allocs Used',
    'None 246479 50827424 0 0 call to ExAllocatePool',
    'MmCm 1198 18462512 0 0 Calls made to MmAllocateContiguousMemory , Binary: nt!mm',
  ])
})
