import { describe, expect, test } from 'vitest'
import { readExports } from '../../shared/image/exports.ts'
import { directoryIndex, type Image } from '../../shared/image/image.ts'
import { readImportDescriptors } from '../../shared/image/imports.ts'
import { decodeCodeView, readPdbReference } from '../../shared/image/pdb-reference.ts'
import { readImage } from '../../shared/image/read-image.ts'
import type { VirtualMemory } from '../../shared/memory/virtual-memory.ts'
import { type HandMadeDump, handMadeDump } from '../hand-made/dump.ts'
import { data, text, writeExports, writeImage } from '../hand-made/image.ts'
import { memoryOf } from './memory.ts'

const bases = { x86: 0xf50b3000n, x64: 0xfffff88001230000n }
const modes = ['x86', 'x64'] as const

const opened = async (made: HandMadeDump, base: bigint): Promise<{ memory: VirtualMemory; image: Image }> => {
  const memory = memoryOf(made)
  const image = await readImage(memory, base)
  if (image === null) throw new Error('no image')
  return { memory, image }
}

describe.each(modes)('an image of %s in memory', (mode) => {
  const base = bases[mode]

  test('is read from its headers', async () => {
    const made = handMadeDump(mode)
    writeImage(made, base, {
      size: 0x8000,
      timestamp: 0x47ea1234,
      checksum: 0xbeef,
      sections: [
        { name: '.text', rva: 0x1000, size: 0x2345, characteristics: text },
        { name: 'INIT', rva: 0x5000, size: 0x1000, characteristics: 0xe2000020 },
        { name: 'beyond', rva: 0xa000, size: 0x1000, characteristics: data },
      ],
      directories: {
        0: { rva: 0x4000, size: 0x100 },
        12: { rva: 0x4000, size: 0x40 },
        6: { rva: 0x7f00, size: 0x2000 },
      },
    })
    const { image } = await opened(made, base)
    expect(image).toMatchObject({
      base,
      pe32Plus: mode === 'x64',
      machine: mode === 'x64' ? 0x8664 : 0x14c,
      timestamp: 0x47ea1234,
      checksum: 0xbeef,
      sizeOfImage: 0x8000,
    })
    // What claims to reach out of the image is left out.
    expect(image.sections).toEqual([
      { name: '.text', rva: 0x1000, virtualSize: 0x2345, discardable: false, executable: true, writable: false },
      { name: 'INIT', rva: 0x5000, virtualSize: 0x1000, discardable: true, executable: true, writable: true },
    ])
    expect(image.directories.length).toBe(16)
    expect(image.directories[directoryIndex.export]).toEqual({ rva: 0x4000, size: 0x100 })
    expect(image.directories[directoryIndex.iat]).toEqual({ rva: 0x4000, size: 0x40 })
    expect(image.directories[directoryIndex.debug]).toEqual({ rva: 0, size: 0 })
  })

  test('is none where its header page is absent, or the bytes are no image', async () => {
    const made = handMadeDump(mode)
    expect(await readImage(memoryOf(made), base)).toBeNull()
    made.write(base, new Uint8Array(4096))
    expect(await readImage(memoryOf(made), base)).toBeNull()
    made.u16(base, 0x5a4d)
    made.u32(base + 0x3cn, 0xffff_fff0)
    expect(await readImage(memoryOf(made), base)).toBeNull()
  })

  test('exports by name, by ordinal and by forwarder', async () => {
    const made = handMadeDump(mode)
    const directory = writeExports(made, base, 0x4000, [
      { name: 'ExAllocatePool', rva: 0x1d1f },
      { name: 'ExForwarded', rva: 'HAL.HalSomething' },
      { name: null, rva: 0x1500 },
      { name: null, rva: 0 },
    ])
    writeImage(made, base, { directories: { 0: directory } })
    const { memory, image } = await opened(made, base)
    const { name, exports, gaps } = await readExports(memory, image)
    expect({ name, gaps }).toEqual({ name: 'hand.exe', gaps: [] })
    expect(exports).toEqual([
      { name: 'ExAllocatePool', ordinal: 1, rva: 0x1d1f, forwarder: null },
      { name: 'ExForwarded', ordinal: 2, rva: expect.any(Number), forwarder: 'HAL.HalSomething' },
      { name: null, ordinal: 3, rva: 0x1500, forwarder: null },
    ])
  })

  test('an export table with a page missing gives the rest and the hole', async () => {
    const made = handMadeDump(mode)
    const many = Array.from({ length: 300 }, (_, index) => ({
      name: `Ex${String(index).padStart(16, '0')}`,
      rva: 0x1000 + index,
    }))
    const directory = writeExports(made, base, 0x4000, many)
    writeImage(made, base, { directories: { 0: directory } })
    made.entry(base + 0x5000n, 0n)
    const { memory, image } = await opened(made, base)
    const { exports, gaps } = await readExports(memory, image)
    expect(exports.length).toBeGreaterThan(50)
    expect(exports.length).toBeLessThan(300)
    for (const entry of exports) expect(entry.rva).toBe(0x1000 + Number(entry.name?.slice(2)))
    expect(gaps).toEqual([{ offset: 0x5000, length: 0x1000, reason: 'not-mapped' }])
  })

  test('an export table that lies about its counts ends', async () => {
    const made = handMadeDump(mode)
    const directory = writeExports(made, base, 0x4000, [{ name: 'Only', rva: 0x1000 }])
    for (const offset of [0x14n, 0x18n]) made.u32(base + 0x4000n + offset, 0xffff_ffff)
    writeImage(made, base, { directories: { 0: directory } })
    const { memory, image } = await opened(made, base)
    const { exports } = await readExports(memory, image)
    expect(exports[0]).toMatchObject({ name: 'Only', rva: 0x1000 })
    expect(exports.length).toBeLessThan(65_537)
  })

  const writeImports = (made: HandMadeDump): void => {
    const width = made.pointerBytes
    const at = (rva: number): bigint => base + BigInt(rva)
    made.u32(at(0x3000), 0x3100)
    made.u32(at(0x300c), 0x3300)
    made.u32(at(0x3010), 0x2000)
    writeImage(made, base, { directories: { 1: { rva: 0x3000, size: 0x28 }, 12: { rva: 0x2000, size: 3 * width } } })
  }

  test('imports, a descriptor a DLL', async () => {
    const made = handMadeDump(mode)
    writeImports(made)
    const { memory, image } = await opened(made, base)
    expect(await readImportDescriptors(memory, image)).toEqual({ descriptors: [{ iatRva: 0x2000 }], complete: true })
  })

  test('import descriptors in a discarded section are missing, and the table is not called complete', async () => {
    const made = handMadeDump(mode)
    writeImports(made)
    made.entry(base + 0x3000n, 0n)
    const { memory, image } = await opened(made, base)
    expect(await readImportDescriptors(memory, image)).toEqual({ descriptors: [], complete: false })
  })

  test('names the PDB it was built with', async () => {
    const made = handMadeDump(mode)
    made.u32(base + 0x2000n + 0xcn, 2)
    made.u32(base + 0x2000n + 0x10n, 0x18 + 24)
    made.u32(base + 0x2000n + 0x14n, 0x2100)
    made.text(base + 0x2100n, 'RSDS')
    made.write(
      base + 0x2104n,
      Uint8Array.from({ length: 16 }, (_, index) => index + 1),
    )
    made.u32(base + 0x2114n, 3)
    made.text(base + 0x2118n, 'd:\\build\\obj\\leak.pdb')
    writeImage(made, base, { directories: { 6: { rva: 0x2000, size: 0x1c } } })
    const { memory, image } = await opened(made, base)
    expect(await readPdbReference(memory, image)).toEqual({
      name: 'leak.pdb',
      path: 'd:\\build\\obj\\leak.pdb',
      guid: '04030201-0605-0807-090A-0B0C0D0E0F10',
      age: 3,
    })
  })
})

test('an old NB10 record names its PDB by a signature', () => {
  const record = new Uint8Array(0x20)
  record.set([...'NB10'].map((character) => character.charCodeAt(0)))
  record.set([0x78, 0x56, 0x34, 0x12, 2, 0, 0, 0], 8)
  record.set(
    [...'old.pdb'].map((character) => character.charCodeAt(0)),
    0x10,
  )
  expect(decodeCodeView(record)).toEqual({ name: 'old.pdb', path: 'old.pdb', guid: '12345678', age: 2 })
  expect(decodeCodeView(new Uint8Array(4))).toBeNull()
})
