import { beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'
import { readProcesses } from '../../shared/kernel/processes.ts'
import { readProcessors, usesFiveLevels } from '../../shared/kernel/processors.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { importsStage } from '../../shared/stages/imports.ts'
import { HeaderResult, settledRoot } from '../../shared/stages/results.ts'
import { build } from '../forge/forge.ts'

const open = async (bytes: Uint8Array) => {
  const source = countingSource(bufferSource(bytes))
  const dump = await openDump(source)
  if (dump.kind !== 'memory') throw new Error(`opened as ${dump.kind}`)
  return { kernel: await openKernel(source, dump), source, physical: dump.physical }
}

const noCost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }

describe.each(['tiny-x86', 'tiny-x86-pae', 'tiny-x64'] as const)('%s', (name) => {
  const wide = name === 'tiny-x64'
  let whole: Uint8Array

  beforeAll(() => {
    const forged = build(name)
    whole = new Uint8Array(Buffer.concat(forged.pieces))
  })
  /** The dump with another DirectoryTableBase in its header. */
  const withRoot = (root: bigint, bytes = whole.slice()): Uint8Array => {
    const view = new DataView(bytes.buffer)
    if (wide) view.setBigUint64(0x10, root, true)
    else view.setUint32(0x10, Number(root), true)
    return bytes
  }

  test('is opened by its header\u2019s root without a scan', async () => {
    const { kernel, source } = await open(whole)
    expect(kernel.root).toMatchObject({ foundBy: 'header', note: null, scannedBytes: 0 })
    expect(source.counts.bytes).toBeLessThan(1024 * 1024)
  })

  test.each([
    ['zero', 0n],
    ['a page that is not in the dump', 0x7fff_f000n],
    ['a page of something else', 0x10_000n],
  ])('whose root is %s is opened all the same, and it is said how', async (_, root) => {
    const right = (await open(whole)).kernel
    const { kernel } = await open(withRoot(root))
    expect(kernel.root.foundBy).toBe('scan')
    expect(kernel.root.scannedBytes).toBeGreaterThan(0)
    expect(kernel.root.note).toContain('a scan of the stored pages')
    expect(kernel.modules).toEqual(right.modules)
    expect(kernel.architecture).toBe(right.architecture)
    expect(kernel.kdbg?.kernBase).toBe(right.kdbg?.kernBase)
  })

  test('says so in its coverage', async () => {
    const result = await headerStage(bufferSource(withRoot(0n)), {})
    expect(result.coverage).toContainEqual(expect.objectContaining({ area: 'page tables' }))
    expect(result.modules.length).toBe((await open(whole)).kernel.modules.length)
    const untouched = await headerStage(bufferSource(whole), {})
    expect(untouched.coverage.filter(({ area }) => area === 'page tables')).toEqual([])
  })

  test('is searched by every stage through the page tables that the first one found', async () => {
    const lost = withRoot(0n)
    const source = bufferSource(lost)
    const header = { ...(await headerStage(source, {})), cost: noCost }
    const { importers, allocators } = await importsStage(source, header, {})
    const untouched = { ...(await headerStage(bufferSource(whole), {})), cost: noCost }
    const expected = await importsStage(bufferSource(whole), untouched, {})
    expect(importers.length).toBeGreaterThan(0)
    expect({ importers, allocators }).toEqual({ importers: expected.importers, allocators: expected.allocators })
    expect(HeaderResult.parse(JSON.parse(JSON.stringify(header)))).toEqual(header)
    // A second scan would read what the first did again.
    const again = countingSource(bufferSource(lost))
    const dump = await openDump(again)
    if (dump.kind !== 'memory') throw new Error('not opened')
    await openKernel(again, dump, settledRoot(header))
    expect(again.counts.bytes).toBeLessThan(1024 * 1024)
  })

  test('without any page tables it opens with nothing, and says what was looked through', async () => {
    const bytes = withRoot(0n)
    bytes.fill(0, wide ? 0x2000 : 0x1000)
    const { kernel } = await open(bytes)
    expect(kernel).toMatchObject({ modules: [], root: { foundBy: 'header' } })
    expect(kernel.root.scannedBytes).toBe(whole.length - (wide ? 0x2000 : 0x1000))
    expect(kernel.root.note).toContain('found no others')
  })

  /** The dump whose header has some other address of the module list and of the debugger data block. */
  const withPointers = (list: bigint, block: bigint | null, bytes = whole.slice()): Uint8Array => {
    const view = new DataView(bytes.buffer)
    const put = (offset: number, value: bigint): void =>
      wide ? view.setBigUint64(offset, value, true) : view.setUint32(offset, Number(value), true)
    put(wide ? 0x20 : 0x18, list)
    if (block !== null) put(wide ? 0x80 : 0x60, block)
    return bytes
  }
  const kernelAddress = wide ? 0xffff_f800_1234_5678n : 0x8123_4568n

  test.each([
    ['zero', 0n],
    ['no address of the kernel', 0x1234n],
    ['an address of the kernel where no list is', kernelAddress],
  ])('whose list of modules is said to be at %s is opened by its debugger data block', async (_, list) => {
    const right = (await open(whole)).kernel
    const { kernel, source } = await open(withPointers(list, null))
    expect(kernel.root).toEqual({
      ...right.root,
      note: expect.stringMatching(/leads to none. The debugger data block has it at 0x[0-9a-f]+\.$/),
    })
    expect({ modules: kernel.modules, kdbg: kernel.kdbg?.address }).toEqual({
      modules: right.modules,
      kdbg: right.kdbg?.address,
    })
    expect(source.counts.bytes).toBeLessThan(1024 * 1024)
  })

  test.each([
    ['page tables of its header', false],
    ['page tables that a scan finds', true],
  ])('whose header has no pointers is opened by a debugger data block in its pages and by the %s', async (_, lost) => {
    const right = (await open(whole)).kernel
    const bytes = withPointers(0n, 0n)
    const { kernel } = await open(lost ? withRoot(0n, bytes.slice()) : bytes)
    expect(kernel.root).toMatchObject({
      foundBy: lost ? 'scan' : 'header',
      psLoadedModuleList: right.root.psLoadedModuleList,
    })
    expect(kernel.root.note).toContain('A debugger data block that was found in the stored pages')
    expect(kernel.root.scannedBytes).toBeGreaterThan(0)
    expect({ modules: kernel.modules, kdbg: kernel.kdbg?.address }).toEqual({
      modules: right.modules,
      kdbg: right.kdbg?.address,
    })
  })

  test('without pointers and without a debugger data block it opens with nothing, and says what was looked through', async () => {
    const bytes = withPointers(0n, 0n)
    const block = Buffer.from(bytes.buffer)
    for (let at = block.indexOf('KDBG'); at !== -1; at = block.indexOf('KDBG', at + 1)) bytes[at] = 0
    const { kernel } = await open(bytes)
    expect(kernel).toMatchObject({ modules: [], kdbg: null, root: { foundBy: 'header' } })
    expect(kernel.root.note).toMatch(
      /Nor did a debugger data block in \d+ bytes of stored pages lead to a list: 0 were found/,
    )
  })

  test('its processes are listed', async () => {
    const { kernel } = await open(whole)
    const { processes, note } = await readProcesses(kernel)
    expect(note).toBeNull()
    expect(processes.map(({ name: image, pid }) => [image, pid]).slice(0, 4)).toEqual([
      ['System', 4],
      ['smss.exe', 316],
      ['csrss.exe', 372],
      ['winlogon.exe', 396],
    ])
    expect(processes.map(({ activeThreads }) => activeThreads)).toEqual([64, ...processes.slice(1).map(() => 8)])
    expect(processes[0].directoryTableBase).toBe(kernel.header.directoryTableBase)
    expect(new Set(processes.map(({ directoryTableBase }) => directoryTableBase)).size).toBe(processes.length)
  })

  test('any of its processes\u2019 roots would do as the header\u2019s', async () => {
    const { kernel } = await open(whole)
    for (const { directoryTableBase } of (await readProcesses(kernel)).processes) {
      const other = (await open(withRoot(directoryTableBase))).kernel
      expect(other.root.foundBy).toBe('header')
      expect(other.modules).toEqual(kernel.modules)
    }
  })

  test('its processors are listed with their control registers', async () => {
    const { kernel } = await open(whole)
    const list = await readProcessors(kernel)
    expect(list.note).toBeNull()
    expect(list.processors.map(({ number }) => number)).toEqual([0, 1])
    for (const { controlRegisters, currentThread } of list.processors) {
      expect(controlRegisters?.cr3).toBe(kernel.header.directoryTableBase)
      expect(currentThread).not.toBeNull()
    }
    expect(usesFiveLevels(list)).toBe(false)
  })
})
