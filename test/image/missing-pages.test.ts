import { describe, expect, test } from 'vitest'
import { isTagged } from '../../shared/bytes/tagged-error.ts'
import { importBinding } from '../../shared/image/bound-imports.ts'
import { readExports } from '../../shared/image/exports.ts'
import { readImportDescriptors } from '../../shared/image/imports.ts'
import { readPdbReference } from '../../shared/image/pdb-reference.ts'
import { readImage } from '../../shared/image/read-image.ts'
import { readVersion } from '../../shared/image/version.ts'
import type { VirtualMemory } from '../../shared/memory/virtual-memory.ts'
import { createRandom, type Random } from '../forge/random.ts'
import { handMadeDump } from '../hand-made/dump.ts'
import { data, text, writeExports, writeImage } from '../hand-made/image.ts'
import { resourceDirectory, versionResource } from '../hand-made/version-resource.ts'
import { fakeMemory } from '../kernel/fake-memory.ts'
import { memoryOf } from './memory.ts'

const bases = { x86: 0xf50b3000n, x64: 0xfffff88001230000n }
const sizeOfImage = 0x10000
const pages = sizeOfImage / 0x1000
const kernel = { base: 0xe0800000n, size: 0x100000n }

/** An image that has everything, most of it across the ends of pages. */
const wholeImage = async (mode: 'x86' | 'x64'): Promise<Uint8Array> => {
  const base = bases[mode]
  const made = handMadeDump(mode)
  const width = made.pointerBytes
  const at = (rva: number): bigint => base + BigInt(rva)
  for (let page = 0; page < pages; page++) made.map(at(page * 0x1000))

  const named = Array.from({ length: 200 }, (_, index) => ({ name: `Ex${1000 + index}Routine`, rva: 0x1000 + index }))
  const exports = writeExports(made, base, 0x4e00, [
    ...named,
    { name: 'ForwardedElsewhere', rva: 'HAL.HalSomething' },
    { name: null, rva: 0x1800 },
  ])
  const table = (rva: number, dll: string, names: number, slots: number, strings: number): void => {
    for (let index = 0; index < 20; index++) {
      made.pointer(at(names + index * width), BigInt(strings + index * 0x30))
      made.text(at(strings + index * 0x30 + 2), `Zw${dll}${index}`)
      made.pointer(at(slots + index * width), kernel.base + BigInt(index * 0x10))
    }
    made.pointer(at(names + 19 * width), (1n << BigInt(width * 8 - 1)) | 42n)
    made.text(at(rva), dll)
  }
  table(0x7ff8, 'ntoskrnl.exe', 0x8fd0, 0x2fd8, 0x9f80)
  table(0xaff9, 'late.sys', 0xafb0 - 0x100, 0x3fc8, 0xbf00)
  made.u32(at(0x7ff0 - 0x14), 0x8fd0)
  made.u32(at(0x7ff0 - 0x14 + 0xc), 0x7ff8)
  made.u32(at(0x7ff0 - 0x14 + 0x10), 0x2fd8)
  const delay = 0xcff0
  made.u32(at(delay), 1)
  made.u32(at(delay + 4), 0xaff9)
  made.u32(at(delay + 0xc), 0x3fc8)
  made.u32(at(delay + 0x10), 0xafb0 - 0x100)

  made.u32(at(0xdff0 + 0xc), 2)
  made.u32(at(0xdff0 + 0x10), 0x18 + 24)
  made.u32(at(0xdff0 + 0x14), 0xeff8)
  made.text(at(0xeff8), 'RSDS')
  made.u32(at(0xeff8 + 0x14), 3)
  made.text(at(0xeff8 + 0x18), 'd:\\build\\obj\\leak.pdb')

  const resources = resourceDirectory(0x6f80, 16, versionResource({ CompanyName: 'Agent', FileVersion: '1.2.3' }))
  made.write(at(0x6f80), resources)
  writeImage(made, base, {
    size: sizeOfImage,
    sections: [
      { name: '.text', rva: 0x1000, size: 0x1000, characteristics: text },
      { name: '.data', rva: 0x2000, size: sizeOfImage - 0x2000, characteristics: data },
    ],
    directories: {
      0: exports,
      1: { rva: 0x7ff0 - 0x14, size: 0x28 },
      2: { rva: 0x6f80, size: resources.length },
      6: { rva: 0xdff0, size: 0x1c },
      12: { rva: 0x2fd8, size: 20 * width },
      13: { rva: delay, size: 0x40 },
    },
  })
  return (await memoryOf(made).read(base, sizeOfImage)).bytes
}

const memoryWith = (mode: 'x86' | 'x64', image: Uint8Array, missing: ReadonlySet<number>): VirtualMemory =>
  fakeMemory(
    mode === 'x86' ? 4 : 8,
    Array.from({ length: pages }, (_, page) => page)
      .filter((page) => !missing.has(page))
      .map((page) => ({
        address: bases[mode] + BigInt(page * 0x1000),
        bytes: image.subarray(page * 0x1000, (page + 1) * 0x1000),
      })),
  )

const isKernel = (address: bigint): boolean => address >= kernel.base && address < kernel.base + kernel.size

/** Everything the readers find. */
const readAll = async (memory: VirtualMemory, base: bigint) => {
  const image = await readImage(memory, base)
  if (image === null) return null
  const tables = [await readImportDescriptors(memory, image), await readImportDescriptors(memory, image, 'delay')]
  return {
    image,
    exports: await readExports(memory, image),
    descriptors: tables.flatMap(({ descriptors }) => descriptors),
    pdb: await readPdbReference(memory, image),
    version: await readVersion(memory, image),
    binding: await importBinding(memory, image, isKernel),
  }
}
type All = NonNullable<Awaited<ReturnType<typeof readAll>>>

const expectPartOf = (found: All, whole: All): void => {
  const exports = new Set(whole.exports.exports.map((entry) => JSON.stringify(entry)))
  expect(found.exports.exports.filter((entry) => !exports.has(JSON.stringify(entry)))).toEqual([])
  expect([null, whole.exports.name]).toContain(found.exports.name)
  for (const descriptor of found.descriptors) expect(whole.descriptors).toContainEqual(descriptor)
  for (const section of found.image.sections) expect(whole.image.sections).toContainEqual(section)
  if (found.pdb !== null) expect(found.pdb).toEqual(whole.pdb)
  if (found.version !== null) expect(found.version).toEqual(whole.version)
  expect(['bound', 'absent']).toContain(found.binding)
}

describe.each(['x86', 'x64'] as const)('an image of %s', (mode) => {
  const base = bases[mode]
  const read = async (image: Uint8Array, missing: ReadonlySet<number> = new Set()) =>
    readAll(memoryWith(mode, image, missing), base)

  test('is read whole when nothing is missing', async () => {
    const whole = (await read(await wholeImage(mode)))!
    expect(whole.exports.exports).toHaveLength(202)
    expect(whole.descriptors).toHaveLength(2)
    expect(whole.pdb?.name).toBe('leak.pdb')
    expect(whole.version).toEqual({ company: 'Agent', version: '1.2.3' })
    expect(whole.binding).toBe('bound')
  })

  test('with any one page missing gives part of it and nothing else', async () => {
    const image = await wholeImage(mode)
    const whole = (await read(image))!
    for (let page = 0; page < pages; page++) {
      const found = await read(image, new Set([page]))
      if (page === 0) expect(found).toBeNull()
      else expectPartOf(found!, whole)
    }
  })

  test('with any pages missing gives part of it and nothing else', async () => {
    const image = await wholeImage(mode)
    const whole = (await read(image))!
    const random = createRandom(`${mode}/missing`)
    for (let round = 0; round < 150; round++) {
      const share = random.below(100) / 100
      const missing = new Set(Array.from({ length: pages }, (_, page) => page).filter(() => random.chance(share)))
      const found = await read(image, missing)
      if (found !== null) expectPartOf(found, whole)
      else expect(missing.has(0)).toBe(true)
    }
  })

  test('with bytes changed and pages missing ends in bounded results', async () => {
    const image = await wholeImage(mode)
    const random = createRandom(`${mode}/damage`)
    for (let round = 0; round < 150; round++) {
      const damaged = damage(image, random)
      try {
        const found = await read(damaged, new Set([1 + random.below(pages - 1)]))
        if (found === null) continue
        expect(found.exports.exports.length).toBeLessThanOrEqual(2 * 65_536)
        expect(found.descriptors.length).toBeLessThanOrEqual(2 * 1024)
      } catch (error) {
        if (!isTagged(error)) throw error
      }
    }
  })
})

/** Some bytes of the headers and tables changed: they are where lies hurt. */
const damage = (image: Uint8Array, random: Random): Uint8Array => {
  const damaged = image.slice()
  const places = [0x80, 0x98, 0xf8, 0x108, 0x4e00, 0x6f80, 0x7fdc, 0xcff0, 0xdff0]
  for (let count = 0; count < 4; count++)
    damaged[random.pick(places) + random.below(0x28)] = random.pick([0, 1, 0x7f, 0xff, random.below(256)])
  return damaged
}
