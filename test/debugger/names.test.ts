import { describe, expect, test } from 'vitest'
import type { Module } from '../../shared/analysis/module.ts'
import { createNames } from '../../shared/debugger/names.ts'
import { wildcardPattern } from '../../shared/debugger/wildcards.ts'

const module = (name: string, base: string): Module => ({
  name,
  path: null,
  base,
  size: 0x1000,
  timestamp: null,
  checksum: null,
  pdb: null,
  listed: true,
  readBytes: 0,
})

const exported = (name: string | null, ordinal: number, rva: number, forwarder: string | null = null) => ({
  name,
  ordinal,
  rva,
  forwarder,
})

const names = createNames(
  [module('ntoskrnl.exe', '0x10000'), module('my driver.sys', '0x20000')],
  { nt: { MiSecret: '0x300', Far: '0x5000' } },
  async ({ kernel }) =>
    kernel
      ? [exported('ExAllocatePool', 1, 0x200), exported('Forwarded', 2, 0x10, 'hal.X'), exported(null, 3, 0x400)]
      : [],
)

describe('names', () => {
  test('of modules, in any case, with or without the extension', () => {
    expect(names.moduleNamed('NT')?.base).toBe('0x10000')
    expect(names.moduleNamed('ntoskrnl')?.base).toBe('0x10000')
    expect(names.moduleNamed('My_Driver')?.base).toBe('0x20000')
    expect(names.moduleNamed('my driver.sys')?.base).toBe('0x20000')
    expect(names.moduleNamed('other')).toBeNull()
  })

  test('lead to addresses: modules, exports, symbols, the kernel’s without its name', async () => {
    expect(await names.addressOf('nt')).toBe(0x10000n)
    expect(await names.addressOf('nt!exallocatepool')).toBe(0x10200n)
    expect(await names.addressOf('MiSecret')).toBe(0x10300n)
    expect(await names.addressOf('nt!Forwarded')).toBeNull()
    expect(await names.addressOf('nt!Far')).toBeNull()
    expect(await names.addressOf('zork!ExAllocatePool')).toBeNull()
  })

  test('the nearest at or below, within one module', async () => {
    expect(await names.nearest(0x10200n)).toBe('nt!ExAllocatePool')
    expect(await names.nearest(0x1021fn)).toBe('nt!ExAllocatePool+0x1f')
    expect(await names.nearest(0x10301n)).toBe('nt!MiSecret+0x1')
    expect(await names.nearest(0x10400n)).toBe('nt!Ordinal3')
    expect(await names.nearest(0x10010n)).toBe('nt+0x10')
    expect(await names.nearest(0x20000n)).toBe('my_driver')
    expect(await names.nearest(0x1ffffn)).toBeNull()
    expect(await names.nearest(0x21000n)).toBeNull()
  })

  test('that match a pattern', async () => {
    const found = await names.matching('n*', '*ALLOC*')
    expect(found).toEqual([{ name: 'nt!ExAllocatePool', address: 0x10200n }])
    expect((await names.matching('*', '*')).map(({ name }) => name)).toEqual([
      'nt!ExAllocatePool',
      'nt!MiSecret',
      'nt!Ordinal3',
    ])
  })
})

test.each([
  ['*', '', true],
  ['ex*pool', 'ExAllocatePool', true],
  ['ex*pool', 'ExAllocatePoolWithTag', false],
  ['k?', 'Ke', true],
  ['k?', 'K', false],
  ['*a*a*a*a*b', 'a'.repeat(2000), false],
  ['[a]', 'a', false],
])('pattern %s and %s', (pattern, text, matches) => {
  expect(wildcardPattern(pattern)(text)).toBe(matches)
})
