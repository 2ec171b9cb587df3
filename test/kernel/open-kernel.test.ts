import { describe, expect, test } from 'vitest'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'

const modes = ['x86', 'x86-pae', 'x64'] as const

describe.each(modes)('a kernel of %s', (mode) => {
  const driver = { name: 'leak.sys', base: mode === 'x64' ? 0xfffff88001234000n : 0xf50b3000n }

  test('is opened: modules, debugger data block, architecture', async () => {
    const made = handMadeKernel(mode, [driver])
    made.variable(0x1b8, 0x1234n)
    const kernel = await openKernelOf(made.file())
    expect(kernel).toMatchObject({ architecture: mode, modulesNote: null, kdbgNote: null })
    expect(kernel.modules).toEqual([
      {
        name: 'ntoskrnl.exe',
        path: '\\WINDOWS\\system32\\ntkrnlmp.exe',
        base: made.base,
        size: 0x40000,
        timestamp: 0x4000_0000,
        checksum: 0x111,
      },
      {
        name: 'leak.sys',
        path: '\\SystemRoot\\system32\\drivers\\leak.sys',
        base: driver.base,
        size: 0x10000,
        timestamp: 0x4000_0001,
        checksum: 0x222,
      },
    ])
    expect(kernel.kdbg).toMatchObject({ address: made.kdbg, foundBy: 'header', kernBase: made.base, size: 0x318 })
    expect(kernel.kdbg?.pointer('PsLoadedModuleList')).toBe(made.listHead)
    expect(kernel.kdbg?.pointer('MmAvailablePages')).toBeNull()
    // Past the size that the block gives itself.
    expect(kernel.kdbg?.pointer('PteBase')).toBeNull()
  })

  test('whose debugger data block is elsewhere is scanned for it', async () => {
    const made = handMadeKernel(mode)
    const kernel = await openKernelOf(made.file({ kdDebuggerDataBlock: 0n }))
    expect(kernel.kdbg).toMatchObject({ address: made.kdbg, foundBy: 'scan' })
    expect(kernel.kdbgNote).toContain('found by a scan')
  })

  test('does not take another kernel\u2019s block for its own', async () => {
    const made = handMadeKernel(mode)
    made.slot(0x18, made.base + 0x100000n)
    made.slot(0x48, made.listHead + 0x1000n)
    const kernel = await openKernelOf(made.file())
    expect(kernel.kdbg).toBeNull()
    expect(kernel.kdbgNote).toContain('another kernel')
  })

  test('with an encoded block works without it and says so', async () => {
    const made = handMadeKernel(mode, [driver])
    made.write(
      made.kdbg,
      Uint8Array.from({ length: 0x318 }, (_, index) => (index * 73 + 11) & 0xff),
    )
    const kernel = await openKernelOf(made.file())
    expect(kernel.kdbg).toBeNull()
    expect(kernel.kdbgNote).toContain('may be encoded')
    expect(kernel.modules.length).toBe(2)
  })
})

describe('the paging mode of a 32-bit dump', () => {
  test.each([
    ['PAE, the flag not set', 'x86-pae', 0x50],
    ['two levels, the flag not set', 'x86', 0x50],
    ['PAE, the flag wrong', 'x86-pae', 0],
    ['two levels, the flag wrong', 'x86', 1],
  ] as const)('is found by what it maps: %s', async (_, mode, paeEnabled) => {
    const kernel = await openKernelOf(handMadeKernel(mode).file({ paeEnabled }))
    expect(kernel.architecture).toBe(mode)
    expect(kernel.modules.length).toBe(1)
  })

  test('is unknown where nothing is mapped and the flag is not set', async () => {
    const kernel = await openKernelOf(handMadeKernel('x86').file({ paeEnabled: 0x50 }).subarray(0, 0x1000))
    expect(kernel).toMatchObject({ architecture: 'unknown', modules: [], kdbg: null })
    expect(kernel.modulesNote).toContain('not in the dump')
  })
})
