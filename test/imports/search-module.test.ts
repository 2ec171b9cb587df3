import { describe, expect, test } from 'vitest'
import type { Allocator } from '../../shared/analysis/importer.ts'
import type { Export } from '../../shared/image/image.ts'
import { createExportIndex } from '../../shared/imports/export-index.ts'
import type { SearchedModule } from '../../shared/imports/modules.ts'
import { type CallSiteRules, searchModule, type Wanted } from '../../shared/imports/search-module.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { code, discarded, driverImage, fakeMemory, readable, writable } from './memory.ts'

const nt = 0xe0800000n
const base = 0xf50b3000n
const size = 0x8000
const kernel: SearchedModule = {
  name: 'ntoskrnl.exe',
  symbolName: 'nt',
  base: nt,
  size: 0x200000,
  bytes: 0x200000,
  kernel: true,
}
const driver: SearchedModule = { name: 'leaky.sys', symbolName: 'leaky', base, size, bytes: size, kernel: false }
const target = 0xe0894d1fn
const allocators: Allocator[] = [{ name: 'nt!ExAllocatePool', address: '0xe0894d1f', source: 'export' }]
const wanted = { allocators, release: null, tags: [], verifier: [] }
const exported = (name: string, rva: number): Export => ({ name, ordinal: rva, rva, forwarder: null })
const neighbours = [0xe0828e04n, 0xe089b708n, 0xe083e30an]
const index = createExportIndex([kernel, driver], async (module) =>
  module.kernel ? [target, ...neighbours].map((address) => exported('f', Number(address - nt))) : [],
)

const sections = [
  { name: '.text', rva: 0x1000, size: 0x2000, characteristics: code },
  { name: '.rdata', rva: 0x5000, size: 0x1000, characteristics: readable },
  { name: '.data', rva: 0x6000, size: 0x1000, characteristics: writable },
  { name: 'INIT', rva: 0x7000, size: 0x1000, characteristics: discarded },
]
const iat = { 12: { rva: 0x5050, size: 0x40 } }

const search = async (
  bytes: Uint8Array,
  rules: CallSiteRules = { instructions: 'x86', rewritten: false },
  module = driver,
) => searchModule(fakeMemory(4, [{ address: module.base, bytes }]), module, wanted, index, rules)

const kindOf = async (bytes: Uint8Array) => (await search(bytes)).importers.map((found) => found.kind)

describe('a word that holds the allocator', () => {
  test('in directory 12 is an import', async () => {
    const image = driverImage(4, size, sections, iat)
    image.word(0x5058, target)
    const { importers, table } = await search(image.bytes)
    expect(importers).toEqual([
      {
        module: 'leaky.sys',
        base: '0xf50b3000',
        allocator: 'nt!ExAllocatePool',
        address: '0xf50b8058',
        kind: 'import-table',
        callSites: null,
      },
    ])
    expect(table).toBe('read')
  })

  test('in the array of a readable descriptor is an import without directory 12', async () => {
    const image = driverImage(4, size, sections, { 1: { rva: 0x5400, size: 0x28 } })
    image.word(0x540c, 0x5480n)
    image.word(0x5410, 0x5054n)
    image.word(0x5054, neighbours[0])
    image.word(0x5058, target)
    expect(await kindOf(image.bytes)).toEqual(['import-table'])
  })

  test('in the array of a delay descriptor is a delayed import', async () => {
    const image = driverImage(4, size, sections, { 13: { rva: 0x5400, size: 0x40 } })
    image.word(0x5400, 1n)
    image.word(0x5404, 0x5480n)
    image.word(0x540c, 0x6054n)
    image.word(0x6054, target)
    expect(await kindOf(image.bytes)).toEqual(['delay-import'])
  })

  test('among four addresses of exports is an import table that nothing lists, with or without headers', async () => {
    const image = driverImage(4, size, sections)
    for (const [at, value] of [target, ...neighbours].entries()) image.word(0x6054 + at * 4, value)
    expect(await kindOf(image.bytes)).toEqual(['unlisted-import-table'])
    expect(await kindOf(image.bytes.fill(0, 0, 0x400))).toEqual(['unlisted-import-table'])
  })

  test('with fewer neighbours in writable data is a stored pointer, among instructions code', async () => {
    const image = driverImage(4, size, sections)
    for (const [at, value] of [target, neighbours[0], neighbours[1]].entries()) image.word(0x6054 + at * 4, value)
    image.word(0x1100, target)
    expect(await kindOf(image.bytes)).toEqual(['code', 'stored-pointer'])
  })

  test('in nt itself is its own', async () => {
    const image = driverImage(4, size, sections, iat)
    image.word(0x5058, target)
    const { importers } = await search(image.bytes, undefined, { ...kernel, bytes: size })
    expect(importers[0]).toMatchObject({ kind: 'kernel-own', callSites: null })
  })

  test('too often in one module is listed in part, and that is told', async () => {
    const image = driverImage(4, size, sections)
    for (let at = 0x6000; at < 0x6400; at += 4) image.word(at, target)
    const { importers, more } = await search(image.bytes)
    expect(importers).toHaveLength(64)
    expect(more).toBe(true)
  })
})

describe('where import slots lead', () => {
  const other: SearchedModule = { ...driver, name: 'lib.sys', symbolName: 'lib', base: 0xf6000000n }
  const links = async (slot: bigint, verifier: { address: bigint; length: number }[] = []) => {
    const among = createExportIndex([kernel, driver, other], (module) =>
      module.kernel ? index.exportsOf(kernel) : Promise.resolve([]),
    )
    const image = driverImage(4, size, sections, iat)
    image.word(0x5058, slot)
    const memory = fakeMemory(4, [{ address: base, bytes: image.bytes }])
    const rules = { instructions: 'x86', rewritten: false } as const
    return searchModule(memory, driver, { ...wanted, verifier }, among, rules)
  }

  test('names the modules whose routines are imported, not the kernel nor itself', async () => {
    expect((await links(other.base + 0x1230n)).links.modules).toEqual(['0xf6000000'])
    expect((await links(target)).links.modules).toEqual([])
    expect((await links(base + 0x1230n)).links.modules).toEqual([])
  })

  test('into the Verifier, but not to what is exported there, leaves it open what is imported', async () => {
    const verifier = [{ address: target - 0x100n, length: 0x200 }]
    expect(await links(target + 0x10n, verifier)).toMatchObject({ table: 'partly', links: { verified: true } })
    expect(await links(target, verifier)).toMatchObject({ table: 'read', links: { verified: false } })
    expect(await links(target + 0x10n)).toMatchObject({ table: 'read', links: { verified: false } })
  })
})

describe('call sites', () => {
  const called = (): ReturnType<typeof driverImage> => {
    const image = driverImage(4, size, sections, iat)
    image.word(0x5058, target)
    image.put(0x1010, 0xff, 0x15, 0x5c, 0x80, 0x0b, 0xf5)
    return image
  }
  const sites = async (bytes: Uint8Array, rules?: Parameters<typeof search>[1]) =>
    (await search(bytes, rules)).importers[0].callSites

  test('are counted, and none is told from not known by the calls of other slots', async () => {
    const image = called()
    expect(await sites(image.bytes)).toBe(0)
    image.put(0x1020, 0xff, 0x15, 0x58, 0x80, 0x0b, 0xf5)
    expect(await sites(image.bytes)).toBe(1)
  })

  test('are never none for a pointer in data, which code may reach otherwise', async () => {
    const image = called()
    image.word(0x5058, 0n)
    image.word(0x6100, target)
    expect(await sites(image.bytes)).toBeNull()
    image.put(0x1020, 0xff, 0x15, 0x00, 0x91, 0x0b, 0xf5)
    expect(await sites(image.bytes)).toBe(1)
  })

  test('cannot be told where no slot is called, calls are rewritten, or instructions are not x86', async () => {
    const quiet = driverImage(4, size, sections, iat)
    quiet.word(0x5058, target)
    expect(await sites(quiet.bytes)).toBeNull()
    expect(await sites(called().bytes, { instructions: 'x86', rewritten: true })).toBeNull()
    expect(await sites(called().bytes, { instructions: null, rewritten: false })).toBeNull()
  })

  test('cannot be told when code is absent, unless it was discarded', async () => {
    const { bytes } = called()
    const without = async (from: number, to: number) => {
      const memory = fakeMemory(4, [
        { address: base, bytes: bytes.subarray(0, from) },
        { address: base + BigInt(to), bytes: bytes.subarray(to) },
      ])
      const { importers } = await searchModule(memory, driver, wanted, index, { instructions: 'x86', rewritten: false })
      return importers[0].callSites
    }
    expect(await without(0x2000, 0x3000)).toBeNull()
    expect(await without(0x7000, 0x8000)).toBe(0)
  })
})

describe('whether the imports were searched', () => {
  const read = async (bytes: Uint8Array, from: number, to: number) => {
    const memory = fakeMemory(4, [
      { address: base, bytes: bytes.subarray(0, from) },
      { address: base + BigInt(to), bytes: bytes.subarray(to) },
    ])
    return searchModule(memory, driver, wanted, index, { instructions: 'x86', rewritten: false })
  }

  test('depends on the slots, not on code that is paged out', async () => {
    const { bytes } = driverImage(4, size, sections, iat)
    expect(await read(bytes, 0x1000, 0x3000)).toMatchObject({ table: 'read', readBytes: size - 0x2000 })
    expect(await read(bytes, 0x5000, 0x6000)).toMatchObject({ table: 'partly', readBytes: size - 0x1000 })
  })

  test('is not known when descriptors are discarded and data is missing', async () => {
    const { bytes } = driverImage(4, size, sections, { 1: { rva: 0x7000, size: 0x28 } })
    expect(await read(bytes, 0x7000, 0x8000)).toMatchObject({ table: 'read' })
    expect(await read(bytes, 0x6000, 0x8000)).toMatchObject({ table: 'unknown' })
  })

  test('is not known without headers unless every byte was searched', async () => {
    const bytes = new Uint8Array(size)
    expect(await read(bytes, 0, 0)).toMatchObject({ table: 'read' })
    expect(await read(bytes, 0, 0x1000)).toMatchObject({ table: 'unknown' })
    expect(await read(bytes, 0, size)).toMatchObject({ table: 'unknown', readBytes: 0 })
  })
})

describe('a tag', () => {
  const leak = [...Buffer.from('Leak')]
  const tagged = { allocators, release: null, tags: [keyOfTag('Leak')], verifier: [] }
  const rules: CallSiteRules = { instructions: 'x86', rewritten: false }
  const withTags = (): Uint8Array => {
    const image = driverImage(4, size, sections, iat)
    image.put(0x1100, 0x68, ...leak)
    image.put(0x1200, 0x90, ...leak)
    image.put(0x6100, ...leak)
    image.put(0x6200, ...leak.slice(0, 3), leak[3] | 0x80)
    return image.bytes
  }

  test('is counted by what holds it, code apart from data', async () => {
    const memory = fakeMemory(4, [{ address: base, bytes: withTags() }])
    const { tags, code } = await searchModule(memory, driver, tagged, index, rules)
    expect(tags.uses).toEqual([
      {
        tag: 'Leak',
        module: 'leaky.sys',
        base: '0xf50b3000',
        allocating: 0,
        releasing: 0,
        loaded: 1,
        compared: 0,
        loose: 1,
        data: 2,
        example: '0xf50b4101',
      },
    ])
    expect(tags.places.map(({ address }) => Number(address - base))).toEqual([0x1101, 0x1201, 0x6100, 0x6200])
    // INIT is thrown away after start: nobody misses it.
    expect(code).toEqual({ wantedBytes: 0x2000, readBytes: 0x2000 })
  })

  test('is looked for in the bytes of the pointer search: the module is read once, with tags or without', async () => {
    const reading = async (wanted: Wanted): Promise<number> => {
      const memory = fakeMemory(4, [{ address: base, bytes: withTags() }])
      let bytes = 0
      const counted = {
        ...memory,
        read: (address: bigint, length: number) => {
          bytes += length
          return memory.read(address, length)
        },
      }
      await searchModule(counted, driver, wanted, index, rules)
      return bytes
    }
    expect(await reading(tagged)).toBe(await reading({ ...tagged, tags: [] }))
  })

  test('in code that is not there is not found, and the code is said to be missing', async () => {
    const bytes = withTags()
    const memory = fakeMemory(4, [
      { address: base, bytes: bytes.subarray(0, 0x1000) },
      { address: base + 0x2000n, bytes: bytes.subarray(0x2000) },
    ])
    const { tags, code } = await searchModule(memory, driver, tagged, index, rules)
    expect(tags.uses[0]).toMatchObject({ loaded: 0, loose: 0, data: 2, example: '0xf50b9100' })
    expect(code).toEqual({ wantedBytes: 0x2000, readBytes: 0x1000 })
  })

  test('is judged by its instruction where no headers tell code from data', async () => {
    const memory = fakeMemory(4, [{ address: base, bytes: withTags().fill(0, 0, 0x400) }])
    const { tags } = await searchModule(memory, driver, tagged, index, rules)
    expect(tags.uses[0]).toMatchObject({ loaded: 1, loose: 3, data: 0 })
  })

  test('in a module full of it is counted, and shown in part', async () => {
    const image = driverImage(4, size, sections, iat)
    for (let at = 0x6000; at < 0x7000; at += 4) image.put(at, ...leak)
    const memory = fakeMemory(4, [{ address: base, bytes: image.bytes }])
    const { tags } = await searchModule(memory, driver, tagged, index, rules)
    expect(tags.uses[0].data).toBe(0x400)
    expect(tags.places).toHaveLength(16)
  })
})

test('a routine that the module itself owns is no import of it', async () => {
  const image = driverImage(4, size, sections)
  image.word(0x6100, base + 0x1000n)
  const memory = fakeMemory(4, [{ address: base, bytes: image.bytes }])
  const own: Allocator[] = [{ name: 'ndis!NdisAllocateMemory', address: '0xf50b4000', source: 'export' }]
  const { importers } = await searchModule(memory, driver, { ...wanted, allocators: own }, index, {
    instructions: 'x86',
    rewritten: false,
  })
  expect(importers).toEqual([])
})
