import { describe, expect, test } from 'vitest'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'

const drivers = ['a.sys', 'b.sys', 'c.sys', 'd.sys'].map((name, index) => ({
  name,
  base: 0xfffff88001000000n + BigInt(index * 0x100000),
}))
const names = async (made: ReturnType<typeof handMadeKernel>) => {
  const kernel = await openKernelOf(made.file())
  return { names: kernel.modules.map(({ name }) => name), note: kernel.modulesNote }
}

describe('a module list that is damaged', () => {
  test('is walked from both ends around a broken link', async () => {
    const made = handMadeKernel('x64', drivers)
    made.pointer(made.listEntry(2), 0xfffff8a000000000n)
    const { names: found, note } = await names(made)
    expect(found).toEqual(['ntoskrnl.exe', 'a.sys', 'b.sys', 'c.sys', 'd.sys'])
    expect(note).toContain('breaks off at 0xfffff8a000000000')
  })

  test('gives what can be reached when both directions break, and says that some may be missing', async () => {
    const made = handMadeKernel('x64', drivers)
    made.pointer(made.listEntry(1), 0n)
    made.pointer(made.listEntry(4) + 8n, 0x1234n)
    const { names: found, note } = await names(made)
    expect(found).toEqual(['ntoskrnl.exe', 'a.sys', 'd.sys'])
    expect(note).toContain('there may be others')
  })

  test('that runs in a circle ends', async () => {
    const made = handMadeKernel('x64', drivers)
    made.pointer(made.listEntry(3), made.listEntry(1))
    const { names: found, note } = await names(made)
    expect(found).toEqual(['ntoskrnl.exe', 'a.sys', 'b.sys', 'c.sys', 'd.sys'])
    expect(note).toContain('breaks off')
  })

  test('keeps modules whose name is not in the dump', async () => {
    const made = handMadeKernel('x64', drivers)
    made.pointer(made.listEntry(2) + 0x58n + 8n, 0xfffff8a011110000n)
    const kernel = await openKernelOf(made.file())
    expect(kernel.modules[2]).toMatchObject({ name: null, path: '\\SystemRoot\\system32\\drivers\\b.sys' })
    expect(kernel.modulesNote).toBeNull()
  })

  test('leaves out entries that describe no possible module, and says how many', async () => {
    const made = handMadeKernel('x64', drivers)
    made.u64(made.listEntry(2) + 0x30n, 0x1001n)
    made.u32(made.listEntry(3) + 0x40n, 0xffff_ffff)
    const { names: found, note } = await names(made)
    expect(found).toEqual(['ntoskrnl.exe', 'a.sys', 'd.sys'])
    expect(note).toBe('2 entries of the module list describe no possible module and were left out.')
  })
})

test('Windows 10 keeps the time stamp elsewhere', async () => {
  const made = handMadeKernel('x64', drivers, 19041)
  made.u32(made.listEntry(1) + 0x9cn, 0xabcd1234)
  const kernel = await openKernelOf(made.file())
  expect(kernel.modules[1].timestamp).toBe(0xabcd1234)
})
