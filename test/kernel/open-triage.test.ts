import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { asciiAt } from '../../shared/bytes/view.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { readImage } from '../../shared/image/read-image.ts'
import { readBuildLab } from '../../shared/kernel/build-lab.ts'
import { openTriage } from '../../shared/kernel/open-triage.ts'
import { readProcesses } from '../../shared/kernel/processes.ts'
import { readProcessors, usesFiveLevels } from '../../shared/kernel/processors.ts'
import { pointerAt, readPointer, readWhole } from '../../shared/memory/ranges.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'

const openBytes = async (bytes: Uint8Array) => {
  const source = bufferSource(bytes)
  const dump = await openDump(source)
  return dump.kind === 'triage' ? { dump, kernel: await openTriage(source, dump) } : null
}
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(sharedFile('dumps', name)))
const open = async (name: string) => {
  const opened = await openBytes(bytesOf(name))
  if (opened === null) throw new Error('not opened as a triage dump')
  return opened
}

describe.skipIf(withoutSharedData())('real triage dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', 'x64', 19041, 151],
    ['triage-arm64-22000.dmp', 'arm64', 22000, 245],
  ] as const)('%s opens as a kernel of a few blocks', async (name, architecture, build, drivers) => {
    const { kernel } = await open(name)
    expect(kernel).toMatchObject({ architecture, build, kdbgNote: null, modulesNote: null, processor: 0 })
    expect(kernel.modules.length).toBe(drivers)
    expect(kernel.modules[0]).toMatchObject({ name: 'ntoskrnl.exe' })
    expect(kernel.kdbg).toMatchObject({ foundBy: 'triage', kernBase: kernel.modules[0].base, size: 0x380 })
    expect(await readBuildLab(kernel)).toMatch(
      new RegExp(`^${build}\\.1\\.${architecture === 'x64' ? 'amd64' : architecture}fre\\.`),
    )
  })

  test.each(['triage-x64-19041.dmp', 'triage-arm64-22000.dmp'])(
    '%s: stack, thread, process and processor lie where the kernel had them',
    async (name) => {
      const { dump, kernel } = await open(name)
      const { kdbg, memory } = kernel
      const fields = dump.triage.header
      expect(await readWhole(memory, fields.topOfStack, fields.sizeOfCallStack)).not.toBeNull()
      expect(await readWhole(memory, dump.header.kdDebuggerDataBlock!, 0x380)).toEqual(dump.triage.debuggerData)
      const prcb = (await readPointer(memory, kdbg!.pointer('KiProcessorBlock')!))!
      expect(await readWhole(memory, prcb, kdbg!.offset('SizePrcb')!)).not.toBeNull()
      const thread = (await readPointer(memory, prcb + BigInt(kdbg!.offset('OffsetPrcbCurrentThread')!)))!
      const threadBytes = (await readWhole(memory, thread, kdbg!.offset('SizeEThread')!))!
      const process = pointerAt(threadBytes, kdbg!.offset('OffsetKThreadApcProcess')!, 8)
      const processBytes = (await readWhole(memory, process, kdbg!.offset('SizeEProcess')!))!
      // The page-table root that the header names is this process's.
      const root = pointerAt(processBytes, kdbg!.offset('OffsetEprocessDirectoryTableBase')!, 8)
      expect(root).toBe(dump.header.directoryTableBase)
    },
  )

  test('the x64 one holds nt\u2019s headers, and its process is System', async () => {
    const { kernel } = await open('triage-x64-19041.dmp')
    expect(await readImage(kernel.memory, kernel.modules[0].base)).toMatchObject({ sizeOfImage: 0x1046000 })
    const process = (await kernel.memory.read(0xffffc08bdce94180n, 0xa40)).bytes
    expect(asciiAt(process, 0x5a8, 15)).toBe('System')
    // Of a driver, the first 0x100 bytes alone: absent beyond, for a reason.
    const driver = kernel.modules.find(({ name }) => name === 'hal.dll')!
    const { gaps } = await kernel.memory.read(driver.base, 0x1000)
    expect(gaps.every(({ reason }) => reason === 'not-in-dump')).toBe(true)
    expect(gaps.length).toBeGreaterThan(0)
  })

  test.each([
    ['triage-x64-19041.dmp', 16, 16],
    ['triage-arm64-22000.dmp', 8, 0],
  ] as const)('%s: all processors are there, and the one that crashed is told', async (name, count, withRegisters) => {
    const { kernel, dump } = await open(name)
    const list = await readProcessors(kernel)
    expect(list).toMatchObject({ crashed: 0, note: null })
    expect(list.processors.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, index) => index))
    expect(list.processors.every(({ context, currentThread }) => context !== null && currentThread !== null)).toBe(true)
    const registers = list.processors.flatMap(({ controlRegisters }) => controlRegisters ?? [])
    expect(registers.length).toBe(withRegisters)
    // CR3 is what the header says, and CR4 has no fifth level.
    expect(registers.every(({ cr3 }) => cr3 === dump.header.directoryTableBase)).toBe(true)
    expect(usesFiveLevels(list)).toBe(withRegisters === 0 ? null : false)
  })

  test.each([
    ['triage-x64-19041.dmp', 147],
    ['triage-arm64-22000.dmp', 291],
  ] as const)(
    '%s: System is the one process that is whole, and its fields are where this build has them',
    async (name, activeThreads) => {
      const { kernel, dump } = await open(name)
      const { processes, note } = await readProcesses(kernel)
      const { directoryTableBase } = dump.header
      expect(processes).toMatchObject([{ pid: 4, name: 'System', directoryTableBase, activeThreads }])
      expect(note).toContain('left out')
    },
  )

  test('every data block reads as the file has it', async () => {
    const bytes = bytesOf('triage-arm64-22000.dmp')
    const { dump, kernel } = await open('triage-arm64-22000.dmp')
    for (const { address, fileOffset, size } of dump.triage.dataBlocks) {
      const block = await readWhole(kernel.memory, address, size)
      expect(Buffer.compare(block!, bytes.subarray(fileOffset, fileOffset + size))).toBe(0)
    }
  })

  test('cut anywhere and with bits flipped it still opens, or is refused', async () => {
    const whole = bytesOf('triage-x64-19041.dmp')
    const flips = fc.array(fc.tuple(fc.integer({ min: 0x2000, max: 0x20000 }), fc.nat(7)), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(flips, fc.integer({ min: 0x2080, max: whole.length }), async (places, length) => {
        const bytes = whole.slice(0, length)
        for (const [at, bit] of places) if (at < length) bytes[at] ^= 1 << bit
        const opened = await openBytes(bytes)
        if (opened === null) return
        const { kernel, dump } = opened
        const range = await kernel.memory.read(dump.triage.header.topOfStack, 0x4000)
        expect(range.bytes.length).toBe(0x4000)
      }),
      { numRuns: 40 },
    )
  })
})
