import { describe, expect, test } from 'vitest'
import { findUnlistedImages, type UnlistedSearch } from '../../shared/kernel/unlisted-images.ts'
import { readUnloadedModules } from '../../shared/kernel/unloaded-modules.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { openDump } from '../forge-tests/reader.ts'
import { unlink } from '../forge-tests/unlink.ts'
import { type ImageFields, text, writeImage } from '../hand-made/image.ts'
import { type HandMadeKernel, handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'

const search = async (file: Uint8Array): Promise<UnlistedSearch> => {
  const kernel = await openKernelOf(file)
  const unloaded = (await readUnloadedModules(kernel)) ?? []
  return findUnlistedImages(
    kernel,
    unloaded.map(({ start, end }) => ({ base: start, size: Number(end - start) })),
  )
}

describe.each(['tiny-x86', 'tiny-x86-pae', 'tiny-x64'])('on the forged machine %s', (name) => {
  const forged = build(name)
  const dump = (): Buffer => Buffer.concat(forged.pieces)

  test('nothing is found while every driver is listed', async () => {
    const { images, wantedPages, readPages } = await search(dump())
    expect(images).toEqual([])
    expect(readPages).toBeLessThanOrEqual(wantedPages)
  })

  test('any driver that was taken off the list is found, and no other', async () => {
    const drivers = forged.truth.modules.slice(1)
    expect(drivers.length).toBeGreaterThan(5)
    for (const driver of drivers) {
      const { images } = await search(unlink(dump(), driver.name))
      expect(images.map(({ image }) => `0x${image.base.toString(16)}`)).toEqual([driver.base])
      expect(images[0]).toMatchObject({ image: { sizeOfImage: driver.size }, pdb: { path: driver.pdb.name } })
    }
  })

  test('a driver’s headers in pool blocks, or a whole file in them, are no driver', async () => {
    const file = dump()
    const reader = openDump(file)
    const [, , { base, size }] = forged.truth.modules
    let copied = 0
    for (const { address } of forged.truth.bigAllocations)
      for (let at = 0; at < size; at += 0x1000) {
        const target = reader.page(BigInt(address) + BigInt(at))
        const from = reader.page(BigInt(base) + BigInt(at))
        if (typeof target === 'string' || typeof from === 'string') break
        from.copy(target)
        // Another build than the listed one, its imports as in the file.
        if (at === 0) target.writeUInt32LE(0x1234_5678, target.readUInt32LE(0x3c) + 8)
        if (at === 0) copied++
      }
    expect(copied).toBeGreaterThan(3)
    expect((await search(file)).images).toEqual([])
  })

  test('two drivers next to each other are both found', async () => {
    const [first, second] = forged.truth.modules.slice(-2)
    const { images } = await search(unlink(unlink(dump(), first.name), second.name))
    expect(images.map(({ image }) => `0x${image.base.toString(16)}`).sort()).toEqual([first.base, second.base].sort())
  })

  test('an unlisted driver is named by its PDB when nothing else names it', async () => {
    const culprit = scenarioNamed(name).added[0]
    const { images } = await search(unlink(dump(), culprit.name))
    expect(images[0].name).toBe(culprit.pdb.replace(/^.*\\/, '').replace('.pdb', '.sys'))
  })
})

/** The tests' own reader walks no five levels. */
const machines = matrixMachines.filter(({ paging }) => paging.name !== 'x64-la57')

test.each(machines)('on $name a driver is found when it is not listed, and only then', async (machine) => {
  const forged = build(machine)
  const file = Buffer.concat(forged.pieces)
  expect((await search(file)).images).toEqual([])
  const driver = forged.truth.modules[4]
  const { images } = await search(unlink(file, driver.name))
  expect(images).toMatchObject([{ image: { base: BigInt(driver.base) }, pdb: { path: driver.pdb.name } }])
})

const modes = ['x86', 'x86-pae', 'x64'] as const

describe.each(modes)('on a hand-made kernel of %s', (mode) => {
  const base = mode === 'x64' ? 0xfffff88001234000n : 0xf50b3000n
  const iat = 0x2000
  const hiddenFields: ImageFields = {
    size: 0x4000,
    timestamp: 0x1111_2222,
    sections: [{ name: '.text', rva: 0x1000, size: 0x3000, characteristics: text }],
    directories: { 12: { rva: iat, size: 0x20 } },
  }

  /** A kernel with one listed driver and an image behind it, its import slots set to these addresses. */
  const withImage = (
    fields: ImageFields = hiddenFields,
    slots: (kernel: HandMadeKernel) => readonly bigint[] = (kernel) => [kernel.base + 0x1000n, kernel.base + 0x1100n],
  ): HandMadeKernel => {
    const kernel = handMadeKernel(mode, [{ name: 'listed.sys', base: base - 0x20000n, image: { size: 0x10000 } }])
    writeImage(kernel, base, fields)
    for (let rva = 0x1000; rva < (fields.size ?? 0); rva += 0x1000) kernel.write(base + BigInt(rva), new Uint8Array(16))
    for (const [index, slot] of slots(kernel).entries())
      kernel.pointer(base + BigInt(iat + index * kernel.pointerBytes), slot)
    return kernel
  }
  const found = async (kernel: HandMadeKernel): Promise<bigint[]> =>
    (await search(kernel.file())).images.map(({ image }) => image.base)

  test('a bound driver is found and, having no name, gets none', async () => {
    const { images } = await search(withImage().file())
    expect(images).toMatchObject([{ name: null, pdb: null, version: null, image: { base } }])
  })

  test('an image that is no driver of this machine is none', async () => {
    expect(await found(withImage({ ...hiddenFields, subsystem: 3 }))).toEqual([])
    expect(await found(withImage({ ...hiddenFields, machine: mode === 'x64' ? 0x14c : 0x8664 }))).toEqual([])
  })

  test('a copy of a file, whose imports are names still, is none', async () => {
    expect(await found(withImage(hiddenFields, () => [0x3010n, 0x3020n, 0x3030n]))).toEqual([])
  })

  test('one without a readable import slot is not taken for loaded', async () => {
    const kernel = withImage()
    kernel.entry(base + BigInt(iat), 0n)
    expect(await found(kernel)).toEqual([])
  })

  test('a page that begins like an image and is none', async () => {
    const kernel = withImage()
    kernel.u32(base + 0x80n, 0)
    expect(await found(kernel)).toEqual([])
  })

  test('a section that is not mapped where it belongs', async () => {
    const sections = [
      { name: '.text', rva: 0x1000, size: 0x3000, characteristics: text },
      { name: '.data', rva: 0x8000, size: 0x1000, characteristics: 0xc0000040 },
    ]
    expect(await found(withImage({ ...hiddenFields, size: 0x4000, sections }))).toEqual([base])
    const kernel = withImage({ ...hiddenFields, sections })
    kernel.u32(base + 0x80n + 0x18n + 0x38n, 0x9000)
    expect(await found(kernel)).toEqual([])
  })

  test('what is left of a listed image that was moved is a copy, not a driver of its own', async () => {
    const kernel = handMadeKernel(mode, [{ name: 'listed.sys', base: base - 0x20000n, image: hiddenFields }])
    writeImage(kernel, base, hiddenFields)
    for (let rva = 0x1000; rva < 0x4000; rva += 0x1000) kernel.write(base + BigInt(rva), new Uint8Array(16))
    kernel.pointer(base + BigInt(iat), kernel.base + 0x1000n)
    const { images, note } = await search(kernel.file())
    expect(images).toEqual([])
    expect(note).toContain('1 copies of listed images')
  })

  test('an image in memory at no kernel address is not looked at', async () => {
    const kernel = withImage()
    for (let rva = 0; rva < 0x4000; rva += 0x1000) kernel.entry(base + BigInt(rva), 0n)
    expect(await found(kernel)).toEqual([])
  })

  test('a page of its code that is paged out hides nothing', async () => {
    const kernel = withImage()
    kernel.entry(base + 0x3000n, mode === 'x86' ? 0x12000n : 0x12_0000_0000n)
    expect(await found(kernel)).toEqual([base])
  })
})

test('memory full of headers costs bounded time and gives a bounded list', async () => {
  const base = 0xfffff88001234000n
  const kernel = handMadeKernel('x64', [{ name: 'listed.sys', base: base - 0x20000n, image: { size: 0x10000 } }])
  for (let page = 0; page < 700; page++) {
    const at = base + BigInt(page * 0x1000)
    const sections = [{ name: '.text', rva: 0x400, size: 0xc00, characteristics: text }]
    const size = page % 2 === 0 ? 0x1000 : 0x0fff_f000
    writeImage(kernel, at, { size, timestamp: page, sections, directories: { 12: { rva: 0x800, size: 0x10 } } })
    kernel.pointer(at + 0x800n, kernel.base + 0x1000n)
  }
  const { images, readPages, note } = await search(kernel.file())
  expect(images).toHaveLength(64)
  expect(readPages).toBeLessThanOrEqual(1024)
  expect(note).toContain('no more were listed')
})

test('images that claim the whole neighbourhood, hundreds of them, are held against it a few times and no more', async () => {
  const base = 0xfffff88001234000n
  const kernel = handMadeKernel('x64', [{ name: 'listed.sys', base: base - 0x20000n, image: { size: 0x10000 } }])
  const size = 0x0fff_f000
  const sections = [{ name: '.text', rva: 0x1000, size: size - 0x1000, characteristics: text }]
  // Each is a region of its own, for nothing is mapped between them.
  for (let page = 0; page < 400; page += 2)
    writeImage(kernel, base + BigInt(page * 0x1000), { size, timestamp: page, sections })
  const opened = await openKernelOf(kernel.file())
  let pages = 0
  const spans: typeof opened.memory.spans = (address, count) => {
    pages += count
    return opened.memory.spans?.(address, count) ?? Promise.resolve([])
  }
  const { images, note } = await findUnlistedImages({ ...opened, memory: { ...opened.memory, spans } })
  expect(images).toEqual([])
  expect(pages).toBeLessThanOrEqual(2 ** 20 + 2 ** 18)
  expect(note).toContain('no more were looked at')
})

test('code that the kernel may not execute is none', async () => {
  const base = 0xfffff88001234000n
  const kernel = handMadeKernel('x64', [{ name: 'listed.sys', base: base - 0x20000n, image: { size: 0x10000 } }])
  writeImage(kernel, base, {
    size: 0x3000,
    sections: [{ name: '.text', rva: 0x1000, size: 0x1000, characteristics: text }],
    directories: { 12: { rva: 0x2000, size: 0x10 } },
  })
  kernel.pointer(base + 0x2000n, kernel.base + 0x1000n)
  const code = kernel.map(base + 0x1000n)
  expect((await search(kernel.file())).images).toHaveLength(1)
  kernel.entry(base + 0x1000n, (1n << 63n) | (BigInt(code) << 12n) | 0x63n)
  expect((await search(kernel.file())).images).toHaveLength(0)
})
