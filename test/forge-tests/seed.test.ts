import { beforeAll, expect, test } from 'vitest'
import { build, type Forged } from '../forge/forge.ts'
import { censusOf } from './pool-pages.ts'
import { kdbgSlot, modulesOf, openDump, type Reader } from './reader.ts'
import { sumOver, trackerTable } from './tracker.ts'

/** Every figure of the debugging session of 2008, read back from the forged dump. */
let forged: Forged
let dump: Reader
const value = (slot: number): number => dump.u32(kdbgSlot(dump, slot))
const symbol = (name: string): bigint => 0xe0800000n + BigInt(forged.symbols.nt[name])

beforeAll(() => {
  forged = build('2008-nonpaged-depletion')
  dump = openDump(Buffer.concat(forged.pieces))
})

test('!vm, line by line', () => {
  expect(value(0xf8)).toBe(851_420)
  expect(value(0x1a8)).toBe(573_277)
  expect(value(0x1b0)).toBe(800_628)
  expect(dump.u32(symbol('MmSystemLockPagesCount'))).toBe(1067)
  expect(dump.u32(symbol('MmTotalFreeSystemPtes'))).toBe(25_102)
  expect(dump.u32(symbol('MmTotalFreeSystemPtes') + 4n)).toBe(335)
  expect(dump.u32(kdbgSlot(dump, 0x198))).toBe(22)
  const descriptor = (at: bigint): number => dump.u32(at + 0x10n) + dump.u32(at + 0x14n)
  expect(descriptor(kdbgSlot(dump, 0x1c0))).toBe(31_369)
  expect(value(0x100) / 4096).toBe(31_986)
  const paged = Array.from({ length: value(0x70) + 1 }, (_, index) =>
    descriptor(dump.pointer(kdbgSlot(dump, 0x68) + BigInt(index * 4))),
  )
  expect(paged).toEqual([19_071, 735, 747, 720, 746])
  expect(dump.u32(kdbgSlot(dump, 0x130) + 0x1cn)).toBe(22_019)
  expect(value(0x140) / 4096).toBe(38_912)
  expect(dump.u32(symbol('ExPoolFailures'))).toBe(3)
  const file = dump.pointer(symbol('MmPagingFile'))
  const kb = (offset: bigint): number => dump.u32(file + offset) * 4
  expect([kb(0n), kb(4n), kb(8n), kb(0xcn)]).toEqual([3_584_000, 3_584_000, 3_584_000, 3_568_552])
  const name = dump.read(dump.pointer(file + 0x2cn), dump.u16(file + 0x28n)).toString('utf16le')
  expect(name).toBe('\\??\\C:\\pagefile.sys')
})

test('!poolused /t2 2', () => {
  const tables = [0, 1, 2, 3].map((processor) =>
    trackerTable(dump, dump.pointer(symbol('ExPoolTagTables') + BigInt(processor * 4)), 2049),
  )
  const rows = [...tables[0].keys()].map((tag) => ({ tag, ...sumOver(dump, tables, tag, 'nonPaged') }))
  const [first, second] = rows.sort((a, b) => b.bytes - a.bytes)
  expect(first).toEqual({ tag: 'None', outstanding: 246_479, bytes: 50_827_424 })
  expect(second).toEqual({ tag: 'MmCm', outstanding: 1198, bytes: 18_462_512 })
})

test('!for_each_module s-d: one word in all images, and dps of it', () => {
  const hits: bigint[] = []
  for (const { base, size } of modulesOf(dump))
    for (let at = base; at < base + BigInt(size); at += 0x1000n) {
      const page = dump.page(at)
      if (typeof page === 'string') continue
      for (let offset = 0; offset < 0x1000; offset += 4)
        if (page.readUInt32LE(offset) === 0xe0894d1f && offset % 4 === 0) hits.push(at + BigInt(offset))
    }
  // The export table holds RVAs, so nt itself does not show.
  expect(hits).toEqual([0xf50b8058n])
  expect([0, 4, 8, 12].map((offset) => dump.u32(0xf50b8058n + BigInt(offset)))).toEqual([
    0xe0894d1f, 0xe0828e04, 0xe089b708, 0xe083e30a,
  ])
})

test('!lmi: a driver with a GUID for a name', () => {
  const module = modulesOf(dump).find(({ base }) => base === 0xf50b3000n)
  expect(module?.name).toMatch(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}\.sys$/)
  expect(module!.base + BigInt(module!.size)).toBeGreaterThan(0xf50b8064n)
})

test('a walk of the non-paged pool finds every small block', () => {
  const ranges = [
    [0xe2400000n, 0xe4400000n],
    [0xf9eee000n, 0xffbe0000n],
  ] as const
  const census = censusOf(dump, ranges, 3790)
  expect(census.pages).toBe(31_369)
  for (const { tag, blocks, bytes } of forged.truth.scan.nonPaged)
    expect(census.nonPaged.get(tag), tag).toEqual({ blocks, bytes })
  expect(census.nonPaged.size).toBe(forged.truth.scan.nonPaged.length)
})
