import { expect, test } from 'vitest'
import type { Export } from '../../shared/image/image.ts'
import { allocatorName, allocatorSet, isUntagged, routinesMaking, takesTag } from '../../shared/imports/allocators.ts'
import { createExportIndex } from '../../shared/imports/export-index.ts'
import { planSearch } from '../../shared/imports/modules.ts'
import { resolveAllocators, resolveExport } from '../../shared/imports/resolve-allocators.ts'
import { module } from '../verdict/knowledge.ts'

const { modules } = planSearch([module('ntoskrnl.exe', '0xe0800000'), module('hal.dll', '0xe0a00000')])
const [nt, hal] = modules
const at = (name: string, rva: number, forwarder: string | null = null): Export => ({
  name,
  ordinal: rva,
  rva,
  forwarder,
})
const indexOf = (ntExports: Export[], halExports: Export[]) =>
  createExportIndex(modules, async (asked) => (asked === nt ? ntExports : halExports))

test('the routines that nt exports get their addresses, absent ones are left out', async () => {
  const index = indexOf([at('ExAllocatePool', 0x1d1f), at('ExAllocatePoolWithTag', 0x2000), at('IoCreate', 3)], [])
  expect((await resolveAllocators(modules, index)).allocators).toEqual([
    { name: 'nt!ExAllocatePool', address: '0xe0801d1f', source: 'export' },
    { name: 'nt!ExAllocatePoolWithTag', address: '0xe0802000', source: 'export' },
  ])
})

test('forwarders are followed by name and by ordinal, to where the routine is', async () => {
  const index = indexOf(
    [at('ExAllocatePool', 0x10, 'hal.HalPool'), at('ByOrdinal', 0x20, 'HAL.#77'), at('Lost', 0x30, 'gone.Routine')],
    [at('HalPool', 0x500), at('x', 77)],
  )
  expect(await resolveExport(modules, index, nt, 'ExAllocatePool')).toBe(0xe0a00500n)
  expect(await resolveExport(modules, index, nt, 'ByOrdinal')).toBe(0xe0a0004dn)
  expect(await resolveExport(modules, index, nt, 'Lost')).toBeNull()
})

test('forwarders in a circle lead nowhere', async () => {
  const index = indexOf([at('A', 0x10, 'hal.A')], [at('A', 0x10, 'ntoskrnl.A')])
  expect(await resolveExport(modules, index, nt, 'A')).toBeNull()
  expect(await resolveExport(modules, index, hal, 'A')).toBeNull()
})

test('an address has all the names that begin there, and a forwarder is none', async () => {
  const index = indexOf([at('A', 0x10), at('B', 0x10), at('C', 0x20, 'hal.C')], [])
  expect(await index.namesAt(0xe0800010n)).toEqual(['nt!A', 'nt!B'])
  expect(await index.namesAt(0xe0800020n)).toEqual([])
  expect(await index.namesAt(0x1000n)).toEqual([])
})

test('wrappers are resolved in the modules that own them, whatever the case of their names', async () => {
  const { modules: all } = planSearch([
    module('ntoskrnl.exe', '0xe0800000'),
    module('NDIS.SYS', '0xe0a00000'),
    module('other.sys', '0xe0b00000'),
  ])
  const exports: Record<string, Export[]> = {
    'ntoskrnl.exe': [at('ExFreePoolWithTag', 0x40), at('NdisAllocateMemoryWithTag', 0x50)],
    'NDIS.SYS': [at('NdisAllocateMemoryWithTag', 0x100), at('ExAllocatePool', 0x200)],
    'other.sys': [at('NdisAllocateMemory', 0x300)],
  }
  const index = createExportIndex(all, async ({ name }) => exports[name])
  expect(await resolveAllocators(all, index)).toEqual({
    allocators: [{ name: 'ndis!NdisAllocateMemoryWithTag', address: '0xe0a00100', source: 'export' }],
    release: 0xe0800040n,
  })
})

test('every routine is in the set once, and only the two of old take no tag', () => {
  const names = allocatorSet.routines.map(allocatorName)
  expect(new Set(names).size).toBe(names.length)
  expect(allocatorSet.routines.filter(isUntagged).map(allocatorName)).toEqual([
    'nt!ExAllocatePool',
    'nt!ExAllocatePoolWithQuota',
  ])
  expect(routinesMaking('None').map(allocatorName)).toEqual(['nt!ExAllocatePool', 'nt!ExAllocatePoolWithQuota'])
  expect(routinesMaking('MmCm').map(allocatorName)).toContain('nt!MmAllocateContiguousMemory')
  expect(routinesMaking('Leak')).toEqual([])
  expect(takesTag('nt!ExAllocatePool2')).toBe(true)
  expect(takesTag('nt!ExAllocatePool')).toBe(false)
})
