import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { poolHeaderFormats } from '../../shared/kernel/pools/pool-header.ts'
import { tagOfKey } from '../../shared/kernel/pools/pool-tag.ts'
import { type Agrees, borneOut } from '../../shared/pool/format-contest.ts'
import { scanPool } from '../../shared/pool/scan.ts'
import { type ScannedTag, tagTotals } from '../../shared/pool/tag-counts.ts'
import { concat } from '../kernel/fake-memory.ts'
import { type Block, poolPage } from './pool-pages.ts'

/** Scans pages of a kernel that calls itself of this build, and tells what the format borne out has counted. */
const scanBuild = async (
  build: number,
  pointerBytes: 4 | 8,
  pages: readonly (readonly Block[])[],
  agrees: Agrees = () => null,
) => {
  const formats = poolHeaderFormats(build, pointerBytes)
  const file = concat(...pages.map((blocks) => poolPage(formats[0], blocks)))
  const ranges = [{ pages: pages.length, fileOffset: 0 }]
  const census = await scanPool(bufferSource(file), { ranges, formats, knownKeys: new Set(), sampler: null })
  const { winner, note } = borneOut(census, formats, agrees)
  const { pagesScanned } = census
  if (winner === null) return { pages: null, format: null, pagesScanned, note }
  const { poolPages, tags } = winner.counted
  return { pages: { poolPages, ...tagTotals(tags) }, format: winner.format, pagesScanned, note }
}

const scan = (pointerBytes: 4 | 8, pages: readonly (readonly Block[])[], agrees?: Agrees) =>
  scanBuild(3790, pointerBytes, pages, agrees)

const counted = (tags: readonly ScannedTag[] | undefined) =>
  tags?.map(({ key, nonPaged, paged }) => [tagOfKey(key), nonPaged.blocks, paged.blocks])

const pagesOf = (count: number, blocks: readonly Block[]) => Array.from({ length: count }, () => blocks)
const block = (tag: string, type: number): Block => ({ tag, bytes: 160, type })

describe.each([4, 8] as const)('headers of build 3790, pointers of %i bytes', (pointerBytes) => {
  const asOn2003 = [block('Leak', 5), block('Ntfx', 6), block('Quot', 0x0d), block('Gone', 1), block('Free', 0)]
  const asOnXp = [
    block('Leak', 1),
    block('Ntfx', 2),
    block('Quot', 9),
    block('File', 1),
    block('Algn', 1),
    block('Free', 0),
  ]

  test.each([40, 3000])('in the manner of 2003, %i pages', async (count) => {
    const { pages, format, note } = await scan(pointerBytes, pagesOf(count, asOn2003))
    expect(format?.name).toBe('Server 2003')
    expect(note).toBe('Pool headers are read in the manner of Server 2003.')
    expect(pages?.poolPages).toBe(count)
    expect(counted(pages?.tags)?.sort()).toEqual([
      ['Leak', count, 0],
      ['Ntfx', 0, count],
      ['Quot', count, 0],
    ])
  })

  test.each([40, 3000])('in the manner of XP, %i pages: so the pages show, and so it is said', async (count) => {
    const { pages, format, note } = await scan(pointerBytes, pagesOf(count, asOnXp))
    expect(format?.name).toBe('XP')
    expect(note).toContain('its pages show that of XP')
    expect(pages?.poolPages).toBe(count)
    expect(counted(pages?.tags)?.sort()).toEqual([
      ['Algn', count, 0],
      ['File', count, 0],
      ['Leak', count, 0],
      ['Ntfx', 0, count],
      ['Quot', count, 0],
    ])
  })

  const between = pagesOf(60, [
    block('Leak', 1),
    block('Leak', 1),
    block('Leak', 5),
    block('Ntfx', 1),
    block('Free', 0),
  ])

  test('in between without a tracker: nothing is counted', async () => {
    expect(await scan(pointerBytes, between)).toMatchObject({
      pages: null,
      format: null,
      pagesScanned: 60,
      note: expect.stringContaining('no known manner'),
    })
  })

  test('in between the tracker decides, unless it agrees with none', async () => {
    const blocks = (tags: readonly ScannedTag[]) => tags.reduce((sum, { nonPaged }) => sum + nonPaged.blocks, 0)
    const like =
      (expected: number): Agrees =>
      (tags) =>
        Math.min(blocks(tags), expected) / Math.max(blocks(tags), expected)
    expect((await scan(pointerBytes, between, like(60))).format?.name).toBe('Server 2003')
    expect((await scan(pointerBytes, between, like(240))).format?.name).toBe('XP')
    expect((await scan(pointerBytes, between, like(1000))).pages).toBeNull()
  })
})

test('pages without any pool count nothing and say nothing', async () => {
  const { pages, note } = await scan(4, pagesOf(3, []))
  expect(pages).toMatchObject({ poolPages: 0, blocks: 0 })
  expect(note).toBe('')
})

test('a process in place of the tag is no tag: XP with quota charged', async () => {
  const charged: Block = { tag: 0x8a41_2da8, bytes: 64, type: 9 }
  const blocks = [charged, charged, block('Leak', 1), block('Leak', 1), block('Even', 9)]
  const { pages } = await scanBuild(2600, 4, [blocks])
  expect(pages).toMatchObject({ untaggedBlocks: 2, blocks: 5 })
  expect(counted(pages?.tags)).toEqual([
    ['Leak', 2, 0],
    ['Even', 1, 0],
  ])
})
