import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { pagesIn, planShards, type Shard } from '../../shared/pool/plan-shards.ts'
import { foldCensuses, PoolCensus } from '../../shared/pool/pool-census.ts'
import { type ScanBrief, scanShard } from '../../shared/pool/scan-plan.ts'
import { tagCounts } from '../../shared/pool/tag-counts.ts'
import { createRandom } from '../forge/random.ts'
import { concat } from '../kernel/fake-memory.ts'
import { type Block, poolPage } from './pool-pages.ts'

describe('the plan', () => {
  const ranges = fc.array(fc.record({ gap: fc.nat(3), pages: fc.integer({ min: 0, max: 5000 }) }), { maxLength: 40 })

  test('puts each page into one shard, in file order, none larger than allowed and all of about one size', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 3000 }), (gaps, most) => {
        let end = 0x2000
        const runs = gaps.map(({ gap, pages }) => {
          const run = { fileOffset: end + gap * 4096, pages }
          end = run.fileOffset + pages * 4096
          return run
        })
        const shards = planShards(runs, most)
        const total = pagesIn(runs)
        expect(shards.length).toBe(Math.ceil(total / most))
        const sizes = shards.map(pagesIn)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
        if (total > 0) {
          expect(Math.max(...sizes)).toBeLessThanOrEqual(most)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
        const offsets = (parts: readonly { fileOffset: number; pages: number }[]) =>
          parts.flatMap(({ fileOffset, pages }) => Array.from({ length: pages }, (_, page) => fileOffset + page * 4096))
        expect(offsets(shards.flat())).toEqual(offsets(runs))
      }),
      { numRuns: 50 },
    )
  })

  test('of pages that lie packed in the file is one range a shard, however many runs they are in memory', () => {
    const runs = Array.from({ length: 10_000 }, (_, index) => ({ fileOffset: 0x3000 + index * 4096, pages: 1 }))
    expect(planShards(runs, 3000)).toEqual(
      [0, 2500, 5000, 7500].map((first) => [{ fileOffset: 0x3000 + first * 4096, pages: 2500 }]),
    )
  })
})

/** A file of pool pages and others, with more blocks of some tags than a sample holds. */
const fileOf = (build: number, pointerBytes: 4 | 8, base: bigint): Uint8Array => {
  const format = poolHeaderFormat(build, pointerBytes)
  const random = createRandom(`pages of ${build}`)
  const types = build < 6000 ? [5, 5, 6, 1, 0] : [2, 2, 3, 0]
  const body = (view: DataView): void => {
    if (random.chance(0.5)) return
    const address = base + BigInt(random.below(0x3000))
    if (pointerBytes === 8) view.setBigUint64(8, address, true)
    else view.setUint32(8, Number(address), true)
  }
  const block = (): Block => ({
    tag: random.pick(['LeaK', 'LeaK', 'File', 'Thre', `T${random.between(100, 400)}`]),
    bytes: random.between(3, 12) * 16,
    type: random.pick(types),
    body,
  })
  const page = (): Uint8Array => {
    if (random.chance(0.2)) return new Uint8Array(4096)
    const blocks: Block[] = []
    for (let left = 4096; ; ) {
      const next = block()
      const bytes = left - next.bytes < 64 ? left : next.bytes
      blocks.push({ ...next, bytes })
      left -= bytes
      if (left === 0) return poolPage(format, blocks, format.pages === 'chained')
    }
  }
  return concat(...Array.from({ length: 240 }, page))
}

describe.each([
  { what: 'classic pool, x64', build: 7601, pointerBytes: 8 as const, base: 0xfffff880_02000000n },
  { what: 'two formats that compete, x86', build: 3790, pointerBytes: 4 as const, base: 0xf50b3000n },
  { what: 'segment heap', build: 19041, pointerBytes: 8 as const, base: 0xfffff880_02000000n },
])('$what: any division of the pages', ({ build, pointerBytes, base }) => {
  const file = fileOf(build, pointerBytes, base)
  const pages = file.length / 4096
  const brief: ScanBrief = {
    build,
    pointerBytes,
    knownKeys: ['LeaK', 'File', 'Thre'].map(keyOfTag),
    sampledKeys: ['LeaK', 'Thre', 'None'].map(keyOfTag),
    modules: [
      { name: 'leaky.sys', base: `0x${base.toString(16)}`, size: 0x2000 },
      { name: 'other.sys', base: `0x${(base + 0x2000n).toString(16)}`, size: 0x1000 },
    ],
  }
  const census = async (ranges: Shard): Promise<PoolCensus> =>
    PoolCensus.parse(JSON.parse(JSON.stringify(await scanShard(bufferSource(file), brief, ranges))))

  test('gives the same census as the whole, its bounded samples included', async () => {
    const whole = await census([{ fileOffset: 0, pages }])
    const [own] = whole.formats
    // The samples are bounded here, and hold both kinds of blocks.
    expect(own.sample?.[0].length).toBe(512)
    expect(own.sample?.[0].some(({ pointers }) => pointers.length > 0)).toBe(true)
    expect(own.tags.tags.length).toBeGreaterThan(2)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { minLength: pages, maxLength: pages }),
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        async (shardOfPage, order) => {
          const shards = order
            .map((shard) => [...shardOfPage.keys()].filter((page) => shardOfPage[page] === shard))
            .map((numbers) => numbers.map((page) => ({ fileOffset: page * 4096, pages: 1 })))
          const parts = await Promise.all(shards.map(census))
          expect(foldCensuses(parts)).toEqual(whole)
          // Also when what was put together is put together again.
          expect(foldCensuses([foldCensuses(parts.slice(0, 3)), foldCensuses(parts.slice(3))])).toEqual(whole)
        },
      ),
      { numRuns: 15 },
    )
  })
})

test('more tags than are counted one by one are the same ones in any division, and nothing is lost', () => {
  const most = 8
  const block = fc.record({ key: fc.nat(60), kind: fc.constantFrom(2, 3), bytes: fc.integer({ min: 16, max: 4096 }) })
  fc.assert(
    fc.property(fc.array(fc.tuple(block, fc.nat(3)), { maxLength: 400 }), (blocks) => {
      const counted = (wanted: (part: number) => boolean) => {
        const counts = tagCounts(most)
        for (const [{ key, kind, bytes }, part] of blocks)
          if (wanted(part)) counts.count(counts.slotOf(key * 0x01010101), kind, bytes)
        return counts
      }
      const whole = counted(() => true)
      const folded = tagCounts(most)
      for (const part of [2, 0, 3, 1]) folded.add(counted((each) => each === part).census())
      expect(folded.census()).toEqual(whole.census())
      expect(whole.census().tags.length).toBeLessThanOrEqual(most)
      expect(whole.result().blocks).toBe(blocks.length)
    }),
  )
})
