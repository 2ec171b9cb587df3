import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { arm64Paging, la57Paging, paePaging, x64Paging, x86Paging } from '../../shared/memory/paging.ts'
import { pteEra } from '../../shared/memory/pte.ts'
import { virtualMemory } from '../../shared/memory/virtual-memory.ts'
import { type HandMadeDump, handMadeDump, type Mode } from '../hand-made/dump.ts'

const pagings = {
  x86: x86Paging,
  'x86-pae': paePaging,
  x64: x64Paging,
  'x64-la57': la57Paging,
  arm64: arm64Paging,
}
const kernelSpace = { x86: 0xe1000000n, 'x86-pae': 0xe1000000n, x64: 0xfffff80001000000n }
const modes = ['x86', 'x86-pae', 'x64'] as const satisfies Mode[]

const open = (made: HandMadeDump, absentPages = 0) => {
  const file = made.build()
  const headerBytes = made.pointerBytes === 4 ? 0x1000 : 0x2000
  const pages = (file.length - headerBytes) / 4096
  const physical = runMemory([{ basePage: 1, pageCount: pages }], headerBytes, file.length - absentPages * 4096)
  const source = countingSource(bufferSource(file))
  const space = { mode: pagings[made.mode], era: pteEra(7601), directoryTableBase: made.directoryTableBase }
  return { source, memory: virtualMemory(source, physical, space) }
}
const numbers = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 17 + seed) & 0xff)

describe.each(modes)('virtual memory of %s', (mode) => {
  const base = kernelSpace[mode]

  test('is read across pages that lie anywhere', async () => {
    const made = handMadeDump(mode)
    const spare = [made.page(), made.page(), made.page()]
    for (const [index, pfn] of [spare[2], spare[0], spare[1]].entries()) made.map(base + BigInt(index * 4096), pfn)
    const content = numbers(3 * 4096 - 100, 3)
    made.write(base + 50n, content)
    const range = await open(made).memory.read(base + 50n, content.length)
    expect(range.gaps).toEqual([])
    expect(range.bytes).toEqual(content)
  })

  test('tells every hole and its reason, and reads what lies around it', async () => {
    const made = handMadeDump(mode)
    const page = (index: number): bigint => base + BigInt(index * 4096)
    made.write(page(0), numbers(4096, 1))
    made.entry(page(2), 0x80n)
    made.entry(page(3), mode === 'x86' ? 0x123082n : 0x123_0000_0082n)
    made.entry(page(4), (BigInt(0x7fff) << 12n) | 1n)
    made.write(page(5), numbers(4096, 5))
    const range = await open(made).memory.read(page(0) + 16n, 6 * 4096 - 32)
    expect(range.gaps).toEqual([
      { offset: 4096 - 16, length: 4096, reason: 'not-mapped' },
      { offset: 2 * 4096 - 16, length: 4096, reason: 'demand-zero' },
      { offset: 3 * 4096 - 16, length: 4096, reason: 'paged-out' },
      { offset: 4 * 4096 - 16, length: 4096, reason: 'not-in-dump' },
    ])
    expect(range.bytes.subarray(0, 4080)).toEqual(numbers(4096, 1).subarray(16))
    expect(range.bytes.subarray(5 * 4096 - 16)).toEqual(numbers(4096, 5).subarray(0, 4080))
    expect(range.bytes.subarray(4080, 5 * 4096 - 16).every((byte) => byte === 0)).toBe(true)
  })

  test('follows pages in transition', async () => {
    const made = handMadeDump(mode)
    made.write(base, numbers(64, 9))
    const { memory } = open(made)
    const at = await memory.translate(base)
    if (!at.present) throw new Error('not present')
    made.entry(base, (BigInt(at.pfn) << 12n) | 0x880n)
    expect((await open(made).memory.read(base, 64)).bytes).toEqual(numbers(64, 9))
  })

  test('reads large pages', async () => {
    const made = handMadeDump(mode)
    const pages = mode === 'x86' ? 1024 : 512
    // The large page begins at a multiple of its size: PFNs up to there are filled with spare ones.
    while (made.page() % pages !== 0);
    const first = made.page() - 1
    for (let page = 2; page < pages; page++) made.page()
    made.physical(first + 3).set(numbers(4096, 7))
    // The PAT bit of a large page is the lowest bit of its frame.
    made.mapLarge(base, first, 0x1000n)
    const { memory } = open(made)
    expect((await memory.read(base + 3n * 4096n, 4096)).bytes).toEqual(numbers(4096, 7))
    expect(await memory.translate(base + 0x3123n)).toMatchObject({ present: true, pfn: first + 3, pageOffset: 0x123 })
  })

  test('gives a table that is not in the dump as the reason', async () => {
    const made = handMadeDump(mode)
    made.map(base)
    // The last page made is the mapped one, the one before its table.
    const range = await open(made, 2).memory.read(base, 8)
    expect(range.gaps).toEqual([{ offset: 0, length: 8, reason: 'table-absent' }])
  })

  test('ends where addresses end', async () => {
    const made = handMadeDump(mode)
    const top = mode === 'x64' ? 0xffff_ffff_ffff_f000n : 0xffff_f000n
    made.write(top, numbers(4096, 2))
    const range = await open(made).memory.read(top + 0x800n, 0x1800)
    expect(range.bytes.subarray(0, 0x800)).toEqual(numbers(4096, 2).subarray(0x800))
    expect(range.gaps).toEqual([{ offset: 0x800, length: 0x1000, reason: 'not-mapped' }])
    const beyond = mode === 'x64' ? 0x0000_8000_0000_0000n : 0x1_0000_0000n
    expect(await open(made).memory.translate(beyond)).toEqual({ present: false, reason: 'not-mapped' })
  })

  test('refuses a range that is too large', async () => {
    await expect(open(handMadeDump(mode)).memory.read(base, 257 * 2 ** 20)).rejects.toMatchObject({
      tag: 'range-too-large',
    })
  })

  test('reads a range page by page the same as at once', async () => {
    const made = handMadeDump(mode)
    const mapped = fc.sample(fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), { numRuns: 1, seed: 7 })[0]
    for (const [page, isMapped] of mapped.entries())
      if (isMapped) made.write(base + BigInt(page * 4096), numbers(4096, page))
    const { memory } = open(made)
    await fc.assert(
      fc.asyncProperty(fc.nat(40 * 4096), fc.nat(9 * 4096), async (offset, length) => {
        const range = await memory.read(base + BigInt(offset), length)
        for (let done = 0; done < length; ) {
          const into = (offset + done) % 4096
          const part = Math.min(4096 - into, length - done)
          const page = Math.floor((offset + done) / 4096)
          const expected = mapped[page] ? numbers(4096, page).subarray(into, into + part) : new Uint8Array(part)
          expect(range.bytes.subarray(done, done + part)).toEqual(expected)
          const inGap = range.gaps.some((gap) => gap.offset <= done && done < gap.offset + gap.length)
          expect(inGap).toBe(!mapped[page])
          done += part
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('prototype PTEs', () => {
  const base = kernelSpace.x64
  const prototype = 0xfffff8a000123450n
  const value = ((prototype & 0xffff_ffff_ffffn) << 16n) | 0x480n

  test('are looked up in paged pool', async () => {
    const made = handMadeDump('x64')
    const pfn = made.page()
    made.physical(pfn).set(numbers(4096, 4))
    made.entry(base, value)
    made.u64(prototype, (BigInt(pfn) << 12n) | 0x121n)
    expect((await open(made).memory.read(base, 4096)).bytes).toEqual(numbers(4096, 4))
  })

  test('that are absent or lead into a file leave the page absent', async () => {
    const made = handMadeDump('x64')
    made.entry(base, value)
    expect(await open(made).memory.translate(base)).toEqual({ present: false, reason: 'prototype' })
    made.u64(prototype, 0x1234_0000_0480n)
    expect(await open(made).memory.translate(base)).toEqual({ present: false, reason: 'prototype' })
  })
})

test('a large range costs few reads', async () => {
  const made = handMadeDump('x64')
  const length = 4 * 1024 * 1024
  made.write(kernelSpace.x64, numbers(length, 1))
  const { memory, source } = open(made)
  const range = await memory.read(kernelSpace.x64, length)
  expect(range.gaps).toEqual([])
  // Four levels of tables, two leaf tables, and the pages themselves.
  expect(source.counts.reads).toBeLessThanOrEqual(8)
  expect(source.counts.bytes).toBeLessThan(length + 12 * 4096)
})
