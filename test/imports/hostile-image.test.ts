import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createExportIndex } from '../../shared/imports/export-index.ts'
import { searchModule } from '../../shared/imports/search-module.ts'
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
