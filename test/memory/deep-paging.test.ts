import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { arm64Paging, la57Paging, type PagingMode } from '../../shared/memory/paging.ts'
import { pteEra } from '../../shared/memory/pte.ts'
import { virtualMemory } from '../../shared/memory/virtual-memory.ts'

/** Sixteen physical pages from PFN 0; every byte of page n is n, but for the entries poked into it. */
const machine = (mode: PagingMode, root: bigint, entries: [page: number, index: number, entry: bigint][]) => {
  const bytes = new Uint8Array(16 * 4096)
  for (let page = 8; page < 16; page++) bytes.fill(page, page * 4096, (page + 1) * 4096)
  const view = new DataView(bytes.buffer)
  for (const [page, index, entry] of entries) view.setBigUint64(page * 4096 + index * 8, entry, true)
  const physical = runMemory([{ basePage: 0, pageCount: 16 }], 0, bytes.length)
  return virtualMemory(bufferSource(bytes), physical, { mode, era: pteEra(26100), directoryTableBase: root })
}

test('five levels are walked, with the sign extended from bit 56', async () => {
  const address = 0xff11_2233_4455_6000n
  const index = (level: bigint): number => Number((address >> (12n + 9n * level)) & 0x1ffn)
  const memory = machine(la57Paging, 0x1000n | 0x5n, [
    [1, index(4n), 0x2063n],
    [2, index(3n), 0x3063n],
    [3, index(2n), 0x4063n],
    [4, index(1n), 0x5063n],
    [5, index(0n), 0x8000_0000_0000_a063n],
  ])
  expect(await memory.translate(address + 0x123n)).toEqual({
    present: true,
    pfn: 10,
    pageOffset: 0x123,
    fileOffset: 10 * 4096 + 0x123,
  })
  expect(await memory.translate(0x0100_0000_0000_0000n)).toEqual({ present: false, reason: 'not-mapped' })
})

test('ARM64: pages, 2 MiB blocks, and one root for both halves; an ASID in the root is no address', async () => {
  const kernelPage = 0xffff_8000_0020_3000n
  const kernelBlock = 0xffff_8000_0040_0000n
  const memory = machine(arm64Paging, 0x0042_0000_0000_1000n, [
    [1, 256, 0x0060_0000_0000_2703n],
    [1, 0, 0x2703n],
    [2, 0, 0x3703n],
    [3, 1, 0x4703n],
    [3, 2, 0x0040_0000_0000_0701n],
    [4, 3, 0x0078_0000_0000_9703n],
    // Transition: still in memory.
    [4, 4, (11n << 12n) | (1n << 11n)],
    // In page file 1.
    [4, 5, (77n << 32n) | (1n << 6n)],
  ])
  expect(await memory.translate(kernelPage)).toMatchObject({ present: true, pfn: 9 })
  expect(await memory.translate(0x0000_0000_0020_3000n)).toMatchObject({ present: true, pfn: 9 })
  expect(await memory.translate(kernelBlock + 0xc000n)).toMatchObject({ present: true, pfn: 12 })
  expect(await memory.translate(kernelPage + 0x1000n)).toMatchObject({ present: true, pfn: 11 })
  expect(await memory.translate(kernelPage + 0x2000n)).toEqual({ present: false, reason: 'paged-out' })
  const range = await memory.read(kernelPage, 0x3000)
  expect(range.bytes[0]).toBe(9)
  expect(range.bytes[0x1000]).toBe(11)
  expect(range.gaps).toEqual([{ offset: 0x2000, length: 0x1000, reason: 'paged-out' }])
})
