import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'
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

  test('end bounded with a value whatever bits flip in them, in the lists and in the images', async () => {
    const made = machine(mode)
    const { head } = addProcesses(made, [{ name: 'System', pid: 4 }], elsewhere(mode))
    const intact = made.file({ psActiveProcessHead: head })
    // Only what says something: most of a page table is empty.
    const said = [...intact.keys()].filter((at) => at >= 0x2000 && intact[at] !== 0)
    const flips = fc.array(fc.tuple(fc.constantFrom(...said), fc.nat(7)), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(flips, fc.boolean(), async (places, lost) => {
        const file = lost ? made.file({ psActiveProcessHead: head, directoryTableBase: 0n }) : intact.slice()
        for (const [at, bit] of places) file[at] ^= 1 << bit
        const source = countingSource(bufferSource(file))
        const dump = await openDump(source)
        if (dump.kind !== 'memory') return
        const kernel = await openKernel(source, dump)
        expect(kernel.root.note === null).toBe(kernel.root.scannedBytes === 0 && kernel.root.foundBy === 'header')
        expect(kernel.root.scannedBytes).toBeLessThanOrEqual(file.length)
        for (const { base } of kernel.modules) await kernel.spaceOf(base)
        expect(source.counts.bytes).toBeLessThan(64 * file.length)
      }),
      { numRuns: 50 },
    )
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
