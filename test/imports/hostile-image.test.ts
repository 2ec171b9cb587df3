import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readImage } from '../../shared/image/read-image.ts'
import { codeOf } from '../../shared/imports/code.ts'
import { createExportIndex } from '../../shared/imports/export-index.ts'
import { declaredSlots } from '../../shared/imports/import-tables.ts'
import { searchModule } from '../../shared/imports/search-module.ts'
import type { VirtualMemory } from '../../shared/memory/virtual-memory.ts'
import { code, driverImage, fakeMemory, readable, writable } from './memory.ts'

const size = 0x3000
const base = 0xf50b3000n
const module = { name: 'm.sys', symbolName: 'm', base, size, bytes: size, kernel: false }
const target = 0xe0894d1fn

const whole = (): Uint8Array => {
  const image = driverImage(
    4,
    size,
    [
      { name: '.text', rva: 0x1000, size: 0x800, characteristics: code },
      { name: '.rdata', rva: 0x1800, size: 0x800, characteristics: readable },
      { name: '.data', rva: 0x2000, size: 0x1000, characteristics: writable },
    ],
    { 1: { rva: 0x1900, size: 0x28 }, 12: { rva: 0x1a00, size: 0x40 }, 13: { rva: 0x1b00, size: 0x40 } },
  )
  image.word(0x190c, 0x1980n)
  image.word(0x1910, 0x1a00n)
  image.word(0x1a04, target)
  return image.bytes
}

test('whatever the headers claim, every word that holds the address is found, inside the module, and nothing throws', async () => {
  const flips = fc.array(fc.tuple(fc.nat(0x1c00 - 1), fc.nat(255)), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(flips, async (changes) => {
      const bytes = whole()
      for (const [at, value] of changes) bytes[at] = value
      const words = new Uint32Array(bytes.buffer)
      const expected = [...words.keys()].filter((index) => words[index] === Number(target)).map((index) => index * 4)
      const index = createExportIndex([module], async () => [])
      const allocators = [{ name: 'nt!ExAllocatePool', address: '0xe0894d1f', source: 'export' as const }]
      const rules = { instructions: 'x86', rewritten: false } as const
      const { importers } = await searchModule(
        fakeMemory(4, [{ address: base, bytes }]),
        module,
        { allocators, release: null, tags: [], verifier: [] },
        index,
        rules,
      )
      expect(importers.map(({ address }) => Number(BigInt(address) - base))).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('import descriptors that all claim one array without end declare no more slots than an image can have', async () => {
  const rooms = 0x40000
  const image = driverImage(
    4,
    rooms,
    [{ name: '.rdata', rva: 0x1000, size: rooms - 0x1000, characteristics: readable }],
    {
      1: { rva: 0x2000, size: 0x14 * 1024 },
      13: { rva: 0x8000, size: 0x20 * 1024 },
    },
  )
  new Uint32Array(image.bytes.buffer, 0x10000).fill(Number(target))
  for (let index = 0; index < 1024; index++) {
    image.word(0x2000 + index * 0x14 + 0xc, 0x10n)
    image.word(0x2000 + index * 0x14 + 0x10, 0x10000n)
    image.word(0x8000 + index * 0x20, 1n)
    image.word(0x8000 + index * 0x20 + 4, 0x10n)
    image.word(0x8000 + index * 0x20 + 0xc, 0x10000n)
  }
  let reads = 0
  const whole = fakeMemory(4, [{ address: base, bytes: image.bytes }])
  const memory: VirtualMemory = {
    ...whole,
    read: (address, length) => {
      reads++
      return whole.read(address, length)
    },
  }
  const headers = await readImage(memory, base)
  const declared = await declaredSlots(memory, headers!, await whole.read(base, rooms))
  expect(declared.slots).toHaveLength(2048)
  expect(declared.slots.reduce((sum, { size }) => sum + size / 4, 0)).toBe(16_384)
  expect(declared.complete).toBe(false)
  expect(reads).toBeLessThan(10)
})

test('of words and tags without end only so many are listed, of all modules together, and the rest is said to be there', async () => {
  const key = 0x6b61654c
  const image = driverImage(4, size, [{ name: '.text', rva: 0x1000, size: 0x2000, characteristics: code }])
  new Uint32Array(image.bytes.buffer, 0x1000).forEach((_, index, words) => {
    words[index] = index % 2 === 0 ? Number(target) : key
  })
  const memory = fakeMemory(4, [{ address: base, bytes: image.bytes }])
  const wanted = {
    allocators: [{ name: 'nt!ExAllocatePool', address: '0xe0894d1f', source: 'export' as const }],
    release: null,
    tags: [key],
    verifier: [],
  }
  const room = { words: 100, tagHits: 1500, slots: 10 }
  const found = []
  for (let again = 0; again < 3; again++)
    found.push(
      await searchModule(
        memory,
        module,
        wanted,
        createExportIndex([module], async () => []),
        { instructions: 'x86', rewritten: false },
        room,
      ),
    )
  expect(found.map(({ importers }) => importers.length)).toEqual([64, 36, 0])
  expect(found.map(({ tags }) => tags.hits)).toEqual([1024, 476, 0])
  expect(found.map(({ more }) => more)).toEqual([true, true, true])
})

test('exports without end are read of so many modules as there is room for', async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ ...module, base: base + BigInt(index * size) }))
  const table = Array.from({ length: 65_536 }, (_, ordinal) => ({ name: 'same', ordinal, rva: 16, forwarder: null }))
  let reads = 0
  const index = createExportIndex(many, async () => {
    reads++
    return table
  })
  let names = 0
  for (const { base: at } of many) names += (await index.namesAt(at + 16n)).length
  expect(names).toBe(2 ** 18)
  expect(reads).toBeLessThan(10)
})

test('sections that claim the same code do not multiply it', async () => {
  const sections = Array.from({ length: 90 }, (_, index) => ({
    name: `.t${index}`,
    rva: 0x1000,
    size: 0x1000,
    characteristics: code,
  }))
  const image = driverImage(4, size, sections)
  const memory = fakeMemory(4, [{ address: base, bytes: image.bytes }])
  const headers = await readImage(memory, base)
  const { ranges, wantedBytes, readBytes } = codeOf(await memory.read(base, size), headers)
  expect({ ranges: ranges.length, wantedBytes, readBytes }).toEqual({
    ranges: 1,
    wantedBytes: 0x1000,
    readBytes: 0x1000,
  })
})
