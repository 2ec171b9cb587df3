import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { readImage } from '../../shared/image/read-image.ts'
import { sessionNote } from '../../shared/kernel/session-space.ts'
import { readWhole } from '../../shared/memory/ranges.ts'
import { headerStage } from '../../shared/stages/header.ts'
import type { Mode } from '../hand-made/dump.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'
import { addProcesses } from '../hand-made/processes.ts'
import { cloneRoot, selfMap, unmap } from '../hand-made/roots.ts'

const modes = ['x86', 'x86-pae', 'x64'] as const satisfies Mode[]

/** A machine that crashed in System; csrss and a second session\u2019s winlogon map win32k.sys, each another copy. */
const machine = (mode: Mode) => {
  const base = mode === 'x64' ? 0xfffff960_00010000n : 0xbf800000n
  const timestamp = 0x4a5b_c5e0
  const made = handMadeKernel(mode, [
    { name: 'leak.sys', base: mode === 'x64' ? 0xfffff88001234000n : 0xf50b3000n, image: {} },
    { name: 'win32k.sys', base, image: { timestamp } },
  ])
  selfMap(made)
  const session = cloneRoot(made)
  const second = cloneRoot(made)
  unmap(made, made.directoryTableBase, base)
  const { head } = addProcesses(made, [
    { name: 'System', pid: 4 },
    { name: 'smss.exe', pid: 316 },
    { name: 'csrss.exe', pid: 372, directoryTableBase: session },
    { name: 'winlogon.exe', pid: 396, directoryTableBase: second },
  ])
  return { file: (fields = {}) => made.file({ psActiveProcessHead: head, ...fields }), base, timestamp, session, made }
}

describe.each(modes)('session space of %s', (mode) => {
  test('is read through the first process that maps it', async () => {
    const { file, base, timestamp, made } = machine(mode)
    const kernel = await openKernelOf(file())
    expect(kernel.root.foundBy).toBe('header')
    expect(await readImage(kernel.memory, base)).toMatchObject({ timestamp })
    expect((await kernel.memory.translate(base)).present).toBe(true)
    expect(await kernel.spaceOf(base)).toMatchObject({ process: { pid: 372, name: 'csrss.exe' } })
    for (const { base: other } of kernel.modules.slice(0, 2)) expect((await kernel.spaceOf(other)).process).toBeNull()
    expect(await readWhole(kernel.memory, made.base, 0x1000)).not.toBeNull()
  })

  test('is said to be, in a sentence and in the coverage', async () => {
    const { file } = machine(mode)
    const kernel = await openKernelOf(file())
    const note =
      'The process of the crash does not map win32k.sys (session space, as a rule): read through the page tables of csrss.exe (372).'
    expect(await sessionNote(kernel.modules, kernel.spaceOf)).toBe(note)
    const { coverage } = await headerStage(bufferSource(file()), {})
    expect(coverage).toContainEqual({ area: 'session space', wantedBytes: 0, readBytes: 0, note })
  })

  test('needs no other process where the crash\u2019s own maps it', async () => {
    const { file, base, session } = machine(mode)
    const kernel = await openKernelOf(file({ directoryTableBase: session }))
    expect((await kernel.spaceOf(base)).process).toBeNull()
    expect(await sessionNote(kernel.modules, kernel.spaceOf)).toBeNull()
    expect(await readImage(kernel.memory, base)).not.toBeNull()
  })

  test('stays absent where no process list leads to one that does', async () => {
    const { file, base } = machine(mode)
    const kernel = await openKernelOf(file({ psActiveProcessHead: 0n }))
    expect(await readImage(kernel.memory, base)).toBeNull()
    expect((await kernel.memory.read(base, 16)).gaps).toEqual([{ offset: 0, length: 16, reason: 'not-mapped' }])
    expect((await kernel.spaceOf(base)).process).toBeNull()
  })
})
