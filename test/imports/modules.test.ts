import { expect, test } from 'vitest'
import { planSearch } from '../../shared/imports/modules.ts'
import { module } from '../verdict/knowledge.ts'

const sized = (name: string, base: string, size: number) => ({ ...module(name, base), size })

test('modules are searched whole, the first one as nt', () => {
  const { modules, note } = planSearch([
    sized('ntoskrnl.exe', '0xe0800000', 0x200000),
    sized('a.b.sys', '0xf0000000', 0x8000),
  ])
  expect(modules.map(({ symbolName, bytes, kernel }) => [symbolName, bytes, kernel])).toEqual([
    ['nt', 0x200000, true],
    ['a.b', 0x8000, false],
  ])
  expect(note).toBeNull()
})

test('a module ends where the next begins, and one listed twice is searched once', () => {
  const { modules, note } = planSearch([
    sized('ntoskrnl.exe', '0xe0800000', 0x200000),
    sized('b.sys', '0xf0004000', 0x8000),
    sized('a.sys', '0xf0000000', 0x8000),
    sized('b.sys', '0xf0004000', 0x8000),
  ])
  expect(modules.map(({ bytes }) => bytes)).toEqual([0x200000, 0x8000, 0x4000, 0])
  expect(note).toContain('2 modules')
})

test('a list that claims gigabytes is searched in bounds, and says so', () => {
  const many = Array.from({ length: 40 }, (_, i) =>
    sized(`m${i}.sys`, `0xfffff8${i.toString(16).padStart(2, '0')}00000000`, 0x3fff0000),
  )
  const { modules, note } = planSearch(many)
  expect(Math.max(...modules.map(({ bytes }) => bytes))).toBe(128 * 2 ** 20)
  expect(modules.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * 2 ** 30)
  expect(note).toContain('40 modules')
})
