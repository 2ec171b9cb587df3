import { describe, expect, test } from 'vitest'
import type { Mode } from '../hand-made/dump.ts'
import { handMadeKernel, kernelBase } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'
import { addProcesses } from '../hand-made/processes.ts'
import { cloneRoot, selfMap, unmap } from '../hand-made/roots.ts'

const modes = ['x86', 'x86-pae', 'x64', 'x64-la57', 'arm64'] as const satisfies Mode[]
/** Something else that is mapped, far from the kernel's image: under another entry of the root. */
const elsewhere = (mode: Mode): bigint =>
  mode.startsWith('x86') ? 0xf5000000n : mode === 'x64-la57' ? 0xff110000_00000000n : 0xffffe000_00000000n

const machine = (mode: Mode) => {
  const made = handMadeKernel(mode, [{ name: 'leak.sys', base: elsewhere(mode) + 0x10000n }])
  made.write(elsewhere(mode), new Uint8Array(16))
  selfMap(made)
  return made
}

describe.each(modes)('page tables of %s', (mode) => {
  test('of the header are taken when they lead to the kernel', async () => {
    const kernel = await openKernelOf(machine(mode).file())
    expect(kernel).toMatchObject({ architecture: mode, root: { foundBy: 'header', note: null, scannedBytes: 0 } })
    expect(kernel.modules.map(({ name }) => name)).toEqual(['ntoskrnl.exe', 'leak.sys'])
  })

  test('are found by their self-map when the header\u2019s are lost', async () => {
    const made = machine(mode)
    for (const directoryTableBase of [0n, 0xfff_f000n, BigInt(made.page()) << 12n]) {
      const kernel = await openKernelOf(made.file({ directoryTableBase }))
      expect(kernel).toMatchObject({ architecture: mode, modulesNote: null, root: { foundBy: 'scan' } })
      expect(kernel.root.directoryTableBase).toBe(made.directoryTableBase)
      expect(kernel.modules.map(({ name }) => name)).toEqual(['ntoskrnl.exe', 'leak.sys'])
      expect(kernel.root.note).toContain(`0x${made.directoryTableBase.toString(16)}`)
    }
  })

  test('that map little of the kernel, as KVA shadow\u2019s do, are passed by, the scan\u2019s own finds too', async () => {
    const made = machine(mode)
    // Earlier in the file than the true root can be found: a clone that lost the kernel\u2019s image.
    const shadow = cloneRoot(made)
    unmap(made, shadow, kernelBase(mode))
    const swapped = handSwap(made, shadow)
    const kernel = await openKernelOf(made.file({ directoryTableBase: swapped.shadow }))
    expect(kernel.root).toMatchObject({ foundBy: 'scan', directoryTableBase: swapped.whole })
    expect(kernel.modules.length).toBe(2)
  })

  test('of the System process are taken when the header\u2019s lead to it and no further', async () => {
    const made = machine(mode)
    const partial = cloneRoot(made)
    const { head } = addProcesses(
      made,
      [
        { name: 'System', pid: 4 },
        { name: 'smss.exe', pid: 300 },
      ],
      elsewhere(mode),
    )
    unmap(made, partial, kernelBase(mode))
    const fields = { directoryTableBase: partial, psActiveProcessHead: head }
    const kernel = await openKernelOf(made.file(fields))
    expect(kernel.root).toMatchObject({ foundBy: 'system-process', scannedBytes: 0 })
    expect(kernel.root.directoryTableBase).toBe(made.directoryTableBase)
    expect(kernel.modules.length).toBe(2)
  })
})

/** Exchanges the contents of the two roots\u2019 pages, so that the poorer one lies first in the file; both see themselves. */
const handSwap = (made: ReturnType<typeof machine>, shadow: bigint): { shadow: bigint; whole: bigint } => {
  const first = made.physical(Number(made.directoryTableBase >> 12n))
  const second = made.physical(Number(shadow >> 12n))
  const kept = first.slice()
  first.set(second)
  second.set(kept)
  selfMap(made, made.directoryTableBase)
  selfMap(made, shadow)
  return { shadow: made.directoryTableBase, whole: shadow }
}
