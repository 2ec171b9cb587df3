import { beforeAll, describe, expect, test } from 'vitest'
import { build, type Forged } from '../forge/forge.ts'
import { censusOf } from './pool-pages.ts'
import { directoryOf, exportsOf, kdbgSlot, modulesOf, openDump, type Reader } from './reader.ts'
import { sumOver, trackerTable } from './tracker.ts'

const filler = 0x45474150

for (const [name, bits] of [
  ['tiny-x86', 32],
  ['tiny-x86-pae', 32],
  ['tiny-x64', 64],
] as const)
  describe(name, () => {
    let forged: Forged
    let dump: Reader
    let truth: Forged['truth']
    const symbol = (variable: string): bigint => BigInt(truth.kernel.base) + BigInt(forged.symbols.nt[variable])

    beforeAll(() => {
      forged = build(name)
      truth = forged.truth
      dump = openDump(Buffer.concat(forged.pieces))
    })

    test('the header says what the truth says, and leaves the rest to the filler', () => {
      const { file } = dump
      const at = (narrow: number, wide: number): number => (bits === 32 ? narrow : wide)
      expect(file.toString('latin1', 0, 8)).toBe(bits === 32 ? 'PAGEDUMP' : 'PAGEDU64')
      expect(file.readUInt32LE(0xc)).toBe(truth.build)
      expect(file.readUInt32LE(at(0x20, 0x30))).toBe(bits === 32 ? 0x14c : 0x8664)
      expect(file.readUInt32LE(at(0x24, 0x34))).toBe(truth.processors)
      expect(file.readUInt32LE(at(0x28, 0x38))).toBe(Number(truth.bugcheck.code))
      expect(file.readUInt32LE(at(0xf88, 0xf98))).toBe(1)
      expect(Number(file.readBigUInt64LE(0xfa0))).toBe(file.length)
      const filetime = file.readBigUInt64LE(at(0xfc0, 0xfa8))
      expect(new Date(Number(filetime / 10000n) - 11644473600000).toISOString()).toBe(truth.crashedAt)
      expect(Number(file.readBigUInt64LE(at(0xfb8, 0x1030)))).toBe(truth.uptimeSeconds * 1e7)
      for (const unset of [at(0x3c, 0x60), at(0x820, 0xfb0), at(0x8a0, 0x1050), at(0xfc8, 0x1058)])
        expect(file.readUInt32LE(unset)).toBe(filler)
      if (bits === 32) expect(file[0x5c]).toBe(name === 'tiny-x86-pae' ? 1 : 0)
    })

    test('runs ascend without touching, and add up to the page count and the file', () => {
      const pages = dump.runs.reduce((sum, run) => sum + run.pages, 0)
      const said = bits === 32 ? dump.file.readUInt32LE(0x68) : Number(dump.file.readBigUInt64LE(0x90))
      expect(dump.runs.length).toBeGreaterThan(2)
      expect(pages).toBe(said)
      expect(dump.file.length).toBe((bits === 32 ? 0x1000 : 0x2000) + pages * 0x1000)
      for (const [index, run] of dump.runs.slice(1).entries())
        expect(run.base).toBeGreaterThan(dump.runs[index].base + dump.runs[index].pages)
    })

    test('every sampled address holds what the truth says, or is absent for its reason', () => {
      const wrong = truth.samples.filter((sample) => {
        const address = BigInt(sample.address)
        if ('reason' in sample) return dump.page(address) !== sample.reason
        return dump.read(address, sample.bytes.length / 2).toString('hex') !== sample.bytes
      })
      expect(truth.samples.length).toBeGreaterThan(450)
      expect(new Set(truth.samples.map((sample) => ('reason' in sample ? sample.reason : 'present')))).toEqual(
        new Set(['present', 'not-mapped', 'paged-out', 'demand-zero', 'prototype', 'not-in-dump']),
      )
      expect(wrong).toEqual([])
    })

    test('the root table sees itself', () => {
      const self = { 'tiny-x86': 0xc0300000n, 'tiny-x86-pae': 0xc0600000n, 'tiny-x64': 0xfffff6fb7dbed000n }[name]
      const seen = dump.page(self)
      // With PAE the root is a 32-byte table: what is seen at C0600000 is the first of its four directories.
      const root =
        name === 'tiny-x86-pae'
          ? Number(dump.physical(Number(dump.root >> 12n))!.readBigUInt64LE(Number(dump.root & 0xfffn)) >> 12n)
          : Number(dump.root >> 12n)
      expect(seen).not.toBeTypeOf('string')
      expect((seen as Buffer).equals(dump.physical(root)!)).toBe(true)
    })

    test('the module list leads to every image, and every image begins with MZ', () => {
      const modules = modulesOf(dump)
      expect(modules.map(({ name, base, size }) => ({ name, base: `0x${base.toString(16)}`, size }))).toEqual(
        truth.modules.map(({ name, base, size }) => ({ name, base, size })),
      )
      for (const { base, size } of modules) {
        expect(dump.read(base, 2).toString('latin1')).toBe('MZ')
        expect(dump.u32(base + BigInt(dump.u32(base + 0x3cn)) + 0x18n + 0x38n)).toBe(size)
      }
    })

    test('exports are sorted and lead to the allocators', () => {
      const exports = exportsOf(dump, BigInt(truth.kernel.base))
      const names = [...exports.keys()]
      expect(names).toEqual([...names].sort())
      expect(names.length).toBeGreaterThan(900)
      for (const { name, address } of truth.allocators) expect(exports.get(name)).toBe(BigInt(address))
    })

    test('import address tables are bound; slots hold the address of what they import', () => {
      const exports = exportsOf(dump, BigInt(truth.kernel.base))
      for (const { allocator, address, base, kind } of truth.importers) {
        expect(dump.pointer(BigInt(address))).toBe(exports.get(allocator))
        if (kind !== 'import-table') continue
        const table = directoryOf(dump, BigInt(base), 12)
        const rva = Number(BigInt(address) - BigInt(base))
        expect(rva).toBeGreaterThanOrEqual(table.rva)
        expect(rva).toBeLessThan(table.rva + table.size)
      }
    })

    test("the culprit's import descriptors are gone with its INIT section, its address table is not", () => {
      const culprit = truth.culprit!
      const descriptors = directoryOf(dump, BigInt(culprit.base), 1)
      expect(dump.page(BigInt(culprit.base) + BigInt(descriptors.rva))).toBe('not-mapped')
      expect(dump.pointer(BigInt(culprit.slot))).toBe(BigInt(truth.allocators[0].address))
    })

    test('the tracker adds up to the truth, tag by tag, over all processors', () => {
      const first = symbol('ExPoolTagTables')
      const tables = Array.from({ length: truth.processors }, (_, processor) =>
        trackerTable(dump, dump.pointer(first + BigInt(processor * dump.pointerBytes)), truth.tracker.entries),
      )
      expect(dump.pointer(first)).toBe(dump.pointer(kdbgSlot(dump, 0x1b8)))
      expect(tables[0].get('Ovfl')?.slot).toBe(truth.tracker.entries - 1)
      for (const table of tables) {
        expect(table.size).toBe(truth.tags.length + 1)
        for (const [tag, { slot }] of table) expect(tables[0].get(tag)?.slot).toBe(slot)
      }
      for (const { tag, nonPaged, paged } of truth.tags) {
        expect(sumOver(dump, tables, tag, 'nonPaged'), tag).toEqual({
          outstanding: nonPaged.outstanding,
          bytes: nonPaged.bytes,
        })
        expect(sumOver(dump, tables, tag, 'paged'), tag).toEqual({ outstanding: paged.outstanding, bytes: paged.bytes })
      }
    })

    test('keys stand at their hash or soon after it', () => {
      const table = trackerTable(dump, dump.pointer(kdbgSlot(dump, 0x1b8)), truth.tracker.entries)
      const mask = truth.tracker.entries - 2
      const distances = [...table].map(([tag, { slot }]) => {
        const product = BigInt(Buffer.from(tag, 'latin1').readUInt32LE(0)) * 40543n
        return (slot - Number((product ^ (product >> 32n)) & BigInt(mask))) & mask
      })
      expect(distances.filter((distance) => distance === 0).length).toBeGreaterThan(table.size * 0.6)
      // All but the overflow bucket.
      expect(distances.filter((distance) => distance > 24).length).toBeLessThanOrEqual(1)
    })

    test('a walk of the pool pages finds the blocks the tracker counts', () => {
      const pool = (start: number, end: number): readonly [bigint, bigint] => [
        dump.pointer(kdbgSlot(dump, start)),
        dump.pointer(kdbgSlot(dump, end)),
      ]
      const used = truth.memory.nonPagedPool
      const [start] = pool(0x110, 0x118)
      const nonPaged = censusOf(dump, [[start, start + BigInt(used.maximumPages * 0x1000)]], truth.build)
      expect(nonPaged.pages).toBe(used.usedPages)
      expect(nonPaged.chained).toBe(used.totalPages)
      expect([...nonPaged.nonPaged].map(([tag, row]) => ({ tag, ...row })).sort(byTag)).toEqual(
        [...truth.scan.nonPaged].sort(byTag),
      )
      const [pagedStart] = pool(0x120, 0x128)
      const paged = censusOf(dump, [[pagedStart, pagedStart + 0x200000n]], truth.build)
      expect([...paged.paged].map(([tag, row]) => ({ tag, ...row })).sort(byTag)).toEqual(
        [...truth.scan.paged].sort(byTag),
      )
    })

    test('small blocks, big allocations and the tracker agree', () => {
      for (const { tag, nonPaged } of truth.tags) {
        const scanned = truth.scan.nonPaged.find((row) => row.tag === tag)
        const bigs = truth.bigAllocations.filter((row) => row.tag === tag && !row.paged)
        expect(nonPaged.outstanding).toBe((scanned?.blocks ?? 0) + bigs.length)
        expect(nonPaged.bytes).toBe((scanned?.bytes ?? 0) + bigs.reduce((sum, { bytes }) => sum + bytes, 0))
      }
    })

    test('the big-page table holds the live allocations and some freed ones', () => {
      const entry = { 'tiny-x86': 0x10, 'tiny-x86-pae': 0x10, 'tiny-x64': 0x18 }[name]
      const table = dump.pointer(symbol('PoolBigPageTable'))
      const entries = Number(dump.pointer(symbol('PoolBigPageTableSize')))
      const live = new Map<string, { tag: string; bytes: number }>()
      let freed = 0
      for (let slot = 0; slot < entries; slot++) {
        const at = table + BigInt(slot * entry)
        const va = dump.pointer(at)
        if (va === 1n) continue
        if ((va & 1n) === 1n) {
          freed++
          continue
        }
        const key = dump.read(at + BigInt(dump.pointerBytes), 4)
        const size = dump.pointer(at + (bits === 64 ? 0x10n : truth.build < 6000 ? 8n : 0xcn))
        live.set(`0x${va.toString(16)}`, {
          tag: Buffer.from([key[0], key[1], key[2], key[3] & 0x7f]).toString('latin1'),
          bytes: truth.build < 6000 ? Number(size) * 0x1000 : Number(size),
        })
      }
      expect(freed).toBeGreaterThan(0)
      expect([...live].sort()).toEqual(
        truth.bigAllocations.map(({ address, tag, bytes }) => [address, { tag, bytes }] as const).sort(),
      )
    })

    test("the descriptors' pages are the pool's pages", () => {
      const [pages, big] = truth.build < 6000 ? [0x10n, 0x14n] : [0xc0n, 0x48n]
      const descriptor = kdbgSlot(dump, 0x1c0)
      expect(dump.u32(descriptor + pages)).toBe(truth.memory.nonPagedPool.totalPages)
      expect(dump.u32(descriptor + big)).toBe(truth.memory.nonPagedPool.totalBigPages)
      const count = dump.u32(kdbgSlot(dump, 0x70))
      const used = Array.from({ length: count + 1 }, (_, index) => {
        const at = dump.pointer(kdbgSlot(dump, 0x68) + BigInt(index * dump.pointerBytes))
        return dump.u32(at + pages) + dump.u32(at + big)
      })
      expect(used).toEqual(truth.memory.pagedPool.pools)
    })

    test('free blocks hang together on the list of their size', () => {
      const heads = truth.build < 6000 ? 0x30n : 0x140n
      const width = BigInt(dump.pointerBytes)
      let free = 0
      for (let list = 0n; list < 200n; list++) {
        const head = kdbgSlot(dump, 0x1c0) + heads + list * 2n * width
        for (let at = dump.pointer(head), last = head; at !== head; last = at, at = dump.pointer(at)) {
          expect(dump.pointer(at + width)).toBe(last)
          free++
        }
      }
      expect(free).toBeGreaterThan(20)
    })

    test('leaked blocks form a list that begins and ends in the culprit', () => {
      const culprit = truth.modules.find(({ name }) => name === truth.culprit?.module)!
      const [from, to] = [BigInt(culprit.base), BigInt(culprit.base) + BigInt(culprit.size)]
      const width = BigInt(dump.pointerBytes)
      // The head is the one word in the image whose target points back at it.
      const heads: bigint[] = []
      for (let at = from; at < to; at += width) {
        if (typeof dump.page(at) === 'string') continue
        const first = dump.pointer(at)
        if (typeof dump.page(first) === 'string' || (first >= from && first < to)) continue
        if (dump.pointer(first + width) === at && first % 8n === 0n) heads.push(at)
      }
      expect(heads).toHaveLength(1)
      let blocks = 0
      for (let at = dump.pointer(heads[0]); at !== heads[0]; at = dump.pointer(at)) blocks++
      expect(blocks).toBeGreaterThan(100)
    })

    test('processes are listed, and their roots map the kernel', () => {
      const [links, image, directory] =
        name === 'tiny-x64'
          ? [0x188n, 0x2e0n, 0x28n]
          : truth.build < 6000
            ? [0x98n, 0x164n, 0x18n]
            : [0xb8n, 0x16cn, 0x18n]
      const head = BigInt(truth.kernel.psActiveProcessHead)
      const names: string[] = []
      for (let at = dump.pointer(head); at !== head; at = dump.pointer(at)) {
        const process = at - links
        names.push(
          dump
            .read(process + image, 15)
            .toString('latin1')
            .replace(/\0.*$/, ''),
        )
        const file = Buffer.from(dump.file)
        const root = dump.pointer(process + directory)
        if (bits === 64) file.writeBigUInt64LE(root, 0x10)
        else file.writeUInt32LE(Number(root), 0x10)
        expect(openDump(file).read(BigInt(truth.kernel.base), 2).toString('latin1')).toBe('MZ')
      }
      expect(names[0]).toBe('System')
      expect(names.length).toBeGreaterThan(4)
    })
  })

const byTag = (a: { tag: string }, b: { tag: string }): number => (a.tag < b.tag ? -1 : 1)
