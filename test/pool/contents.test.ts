import { describe, expect, test } from 'vitest'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { blockSampler, contentsOfSample } from '../../shared/pool/contents.ts'
import { chainedPageScanner } from '../../shared/pool/scan-page.ts'
import { tagCounts } from '../../shared/pool/tag-counts.ts'
import { type Block, poolPage, wordsOf } from './pool-pages.ts'

const x64 = poolHeaderFormat(7601, 8)
const x86 = poolHeaderFormat(3790, 4)
const modules64 = [
  { name: 'leaky.sys', base: 0xfffff880_02000000n, size: 0x8000 },
  { name: 'ntoskrnl.exe', base: 0xfffff800_02800000n, size: 0x600000 },
]
const modules86 = [
  { name: 'leaky.sys', base: 0xf50b3000n, size: 0x7000 },
  { name: 'ntkrnlpa.exe', base: 0xe0800000n, size: 0x250000 },
]

const pointing64 =
  (...addresses: bigint[]) =>
  (view: DataView) => {
    for (const [index, address] of addresses.entries()) view.setBigUint64(index * 8, address, true)
  }
const pointing86 =
  (...addresses: number[]) =>
  (view: DataView) => {
    for (const [index, address] of addresses.entries()) view.setUint32(index * 4, address, true)
  }

const contentsOf = (format: typeof x64, modules: typeof modules64, tags: string[], ...pages: (readonly Block[])[]) => {
  const keys = tags.map(keyOfTag)
  const sampler = blockSampler(format, keys, modules)
  const scanner = chainedPageScanner(format, tagCounts(), sampler)
  const words = wordsOf(...pages.map((blocks) => poolPage(format, blocks)))
  for (const index of pages.keys()) scanner.scan(words, index * 1024)
  return contentsOfSample(sampler.sample(), keys, modules)
}

describe('blocks are searched for pointers into modules', () => {
  test('x64: each block counts a module once, other tags are the control', () => {
    const leak: Block = {
      tag: 'LeaK',
      bytes: 160,
      type: 2,
      body: pointing64(0n, 0xfffff880_02001230n, 0xfffff880_02001238n, 0xfffff800_02812340n),
    }
    const plain: Block = { tag: 'LeaK', bytes: 160, type: 2 }
    const other: Block = { tag: 'File', bytes: 160, type: 2, body: pointing64(0xfffff800_02900000n) }
    const [contents] = contentsOf(x64, modules64, ['LeaK'], [leak, leak, plain, other], [leak, other, other])
    expect(contents).toEqual({
      tag: 'LeaK',
      sampledBlocks: 4,
      otherSampledBlocks: 3,
      modules: [
        { module: 'leaky.sys', base: '0xfffff88002000000', blocks: 3, otherBlocks: 0, example: '0xfffff88002001230' },
        {
          module: 'ntoskrnl.exe',
          base: '0xfffff80002800000',
          blocks: 3,
          otherBlocks: 3,
          example: '0xfffff80002812340',
        },
      ],
    })
  })

  test('x86: words of four bytes; the header itself and what is not aligned do not count', () => {
    const page: Block[] = [
      { tag: 'None', bytes: 64, type: 5, body: pointing86(0x12345678, 0xf50b8058) },
      { tag: 'None', bytes: 64, type: 5, body: pointing86(0xf50b8058) },
      { tag: 'None', bytes: 64, type: 5, body: (view) => view.setUint32(6, 0xf50b8058, true) },
      { tag: 'None', bytes: 64, type: 5, body: pointing86(0xf50ba000, 0xf50b2fff) },
    ]
    const [contents] = contentsOf(x86, modules86, ['None'], page)
    expect(contents.modules).toEqual([
      { module: 'leaky.sys', base: '0xf50b3000', blocks: 2, otherBlocks: 0, example: '0xf50b8058' },
    ])
  })

  test('x86: addresses that one block alone holds count where chance does not explain them, in other tags they do', () => {
    const large = [{ name: 'large.sys', base: 0xf50b3000n, size: 0x180000 }]
    const unlike: Block[] = [0xf50b4000, 0xf50b5000, 0xf50b6000].map((address) => ({
      tag: 'None',
      bytes: 64,
      type: 5,
      body: pointing86(address),
    }))
    const other: Block = { tag: 'File', bytes: 64, type: 5, body: pointing86(0xf50b7000) }
    const alike: Block = { tag: 'None', bytes: 64, type: 5, body: pointing86(0xf50b8058) }
    expect(contentsOf(x86, large, ['None'], [...unlike, other])[0].modules).toEqual([])
    expect(contentsOf(x86, large, ['None'], [...unlike, alike, alike, other])[0].modules).toMatchObject([
      { module: 'large.sys', blocks: 2, otherBlocks: 1, example: '0xf50b8058' },
    ])
    expect(contentsOf(x86, modules86, ['None'], [...unlike, other])[0].modules).toMatchObject([
      { module: 'leaky.sys', blocks: 3, otherBlocks: 1 },
    ])
  })

  test('a pattern that memory was filled with is no pointer, two equal ones in a row are', () => {
    const filled = (words: number): Block => ({
      tag: 'None',
      bytes: 64,
      type: 5,
      body: pointing86(...Array.from({ length: words }, () => 0xf50b5050)),
    })
    expect(contentsOf(x86, modules86, ['None'], [filled(14), filled(3)])[0].modules).toEqual([])
    expect(contentsOf(x86, modules86, ['None'], [filled(2), filled(2)])[0].modules).toMatchObject([{ blocks: 2 }])
  })

  test('the last word of a block counts, the first of the next does not', () => {
    const last: Block = {
      tag: 'Last',
      bytes: 64,
      type: 2,
      body: (view) => view.setBigUint64(40, 0xfffff880_02000000n, true),
    }
    const next: Block = { tag: 'Next', bytes: 64, type: 2, body: pointing64(0xfffff800_02800000n) }
    const [contents] = contentsOf(x64, modules64, ['Last'], [last, next])
    expect(contents.modules.map(({ module }) => module)).toEqual(['leaky.sys'])
  })

  test('what is in the header does not count: on x64 it holds the process that is charged', async () => {
    const page = poolPage(x64, [{ tag: 'Quot', bytes: 64, type: 0x0a }])
    new DataView(page.buffer).setBigUint64(8, 0xfffff880_02000010n, true)
    const keys = [keyOfTag('Quot')]
    const sampler = blockSampler(x64, keys, modules64)
    chainedPageScanner(x64, tagCounts(), sampler).scan(wordsOf(page), 0)
    expect(contentsOfSample(sampler.sample(), keys, modules64)[0]).toMatchObject({ sampledBlocks: 1, modules: [] })
  })

  test('a tag without small blocks has an empty sample, not a missing one', () => {
    const [contents] = contentsOf(x64, modules64, ['MmCm'], [{ tag: 'File', bytes: 64, type: 2 }])
    expect(contents).toEqual({ tag: 'MmCm', sampledBlocks: 0, otherSampledBlocks: 1, modules: [] })
  })
})

test('the sample is bounded, the same every time, and fair to early and late blocks', () => {
  const early: Block = { tag: 'LeaK', bytes: 64, type: 2, body: pointing64(0xfffff880_02000010n) }
  const late: Block = { tag: 'LeaK', bytes: 64, type: 2, body: pointing64(0xfffff800_02800010n) }
  const pages = Array.from({ length: 400 }, (_, page) => Array.from({ length: 60 }, () => (page < 200 ? early : late)))
  const [first] = contentsOf(x64, modules64, ['LeaK'], ...pages)
  const [second] = contentsOf(x64, modules64, ['LeaK'], ...pages)
  expect(first.sampledBlocks).toBe(512)
  expect(second).toEqual(first)
  // 512 draws of a half each: six standard deviations are 68.
  for (const { blocks } of first.modules) expect(Math.abs(blocks - 256)).toBeLessThan(68)
})
