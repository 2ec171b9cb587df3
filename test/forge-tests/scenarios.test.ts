import { expect, test } from 'vitest'
import { build } from '../forge/forge.ts'
import { kdbgSlot, modulesOf, openDump, type Reader } from './reader.ts'
import { sumOver, trackerTable } from './tracker.ts'

/** What only the larger scenarios have: large pages, a session elsewhere, several importers. */
const wordsEqualTo = (dump: Reader, wanted: bigint): string[] => {
  const hits: string[] = []
  const width = dump.pointerBytes
  for (const { name, base, size } of modulesOf(dump))
    for (let at = base; at < base + BigInt(size); at += 0x1000n) {
      const page = dump.page(at)
      if (typeof page === 'string') continue
      for (let offset = 0; offset < 0x1000; offset += width)
        if ((width === 8 ? page.readBigUInt64LE(offset) : BigInt(page.readUInt32LE(offset))) === wanted) hits.push(name)
    }
  return hits
}

for (const [name, importers] of [
  ['2008-nonpaged-depletion-pae', ['brkmon32.sys', 'ntoskrnl.exe']],
  ['2008-nonpaged-depletion-x64', ['ntoskrnl.exe', 'tqfilt64.sys']],
  ['healthy', ['ipsecacc.sys', 'kvmbus64.sys', 'ntoskrnl.exe', 'raidmon.sys', 'vsnapdrv.sys']],
] as const)
  test(`${name}: sampled addresses, importers, tracker and processors are as the truth says`, () => {
    const { pieces, truth, symbols } = build(name)
    const dump = openDump(Buffer.concat(pieces))
    const wrong = truth.samples.filter((sample) =>
      'reason' in sample
        ? dump.page(BigInt(sample.address)) !== sample.reason
        : dump.read(BigInt(sample.address), sample.bytes.length / 2).toString('hex') !== sample.bytes,
    )
    expect(wrong).toEqual([])

    const allocator = truth.allocators.find((routine) => routine.name === 'ExAllocatePool')!
    expect(wordsEqualTo(dump, BigInt(allocator.address)).sort()).toEqual(importers)

    const width = BigInt(dump.pointerBytes)
    const first = BigInt(truth.kernel.base) + BigInt(symbols.nt.ExPoolTagTables)
    const tables = Array.from({ length: truth.processors }, (_, processor) =>
      trackerTable(dump, dump.pointer(first + BigInt(processor) * width), truth.tracker.entries),
    )
    const negative = tables.some((table) => [...table.values()].some(({ nonPaged }) => nonPaged.bytes < 0))
    expect(negative, 'some processor freed more than it allocated').toBe(true)
    for (const { tag, nonPaged } of truth.tags)
      expect(sumOver(dump, tables, tag, 'nonPaged'), tag).toEqual({
        outstanding: nonPaged.outstanding,
        bytes: nonPaged.bytes,
      })

    const registers = BigInt(dump.u16(BigInt(truth.kernel.kdbg) + 0x2f2n))
    for (let processor = 0n; processor < truth.processors; processor++) {
      const prcb = dump.pointer(kdbgSlot(dump, 0x218) + processor * width)
      expect(dump.pointer(prcb + registers + 2n * width)).toBe(dump.root)
      const pae = (dump.pointer(prcb + registers + 3n * width) >> 5n) & 1n
      expect(pae).toBe(1n)
    }
  })
