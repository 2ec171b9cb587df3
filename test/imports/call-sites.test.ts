import { expect, test } from 'vitest'
import { countCallSites } from '../../shared/imports/call-sites.ts'

const base = 0xf50b3000n
const slot = 0x5058
const inTable = (rva: number): boolean => rva >= 0x5000 && rva < 0x5100
const count = (width: 4 | 8, at: bigint, bytes: number[]): number =>
  countCallSites([{ rva: 0x1000, bytes: new Uint8Array(bytes) }], at, width === 4 ? 'x86' : 'x64', {
    inTable,
    byRoutine: new Map(),
  }).get(slot) ?? 0

test('x86 calls, jumps and loads through the slot are counted by its absolute address', () => {
  const address = [0x58, 0x80, 0x0b, 0xf5]
  expect(count(4, base, [0xff, 0x15, ...address])).toBe(1)
  expect(count(4, base, [0xff, 0x25, ...address])).toBe(1)
  expect(count(4, base, [0x8b, 0x35, ...address])).toBe(1)
  expect(count(4, base, [0xa1, ...address])).toBe(1)
  expect(count(4, base, [0xff, 0x15, ...address, 0x90, 0xff, 0x15, ...address])).toBe(2)
})

test('other instructions with the same bytes are not', () => {
  const address = [0x58, 0x80, 0x0b, 0xf5]
  expect(count(4, base, [0x68, ...address])).toBe(0)
  expect(count(4, base, [0xff, 0x35, ...address])).toBe(0)
  expect(count(4, base, [0x8b, 0x45, ...address])).toBe(0)
})

test('x64 names the slot by its distance from the next instruction, REX prefix or not', () => {
  const distance = (next: number): number[] => [...new Uint8Array(new Int32Array([slot - next]).buffer)]
  const at = 0xfffff88001230000n
  expect(count(8, at, [0xff, 0x15, ...distance(0x1006)])).toBe(1)
  expect(count(8, at, [0x48, 0xff, 0x25, ...distance(0x1007)])).toBe(1)
  expect(count(8, at, [0x4c, 0x8b, 0x15, ...distance(0x1007)])).toBe(1)
  expect(count(8, at, [0xff, 0x15, ...distance(0x1000)])).toBe(0)
})

test('an instruction cut off by the end is none', () => {
  expect(count(4, base, [0xff, 0x15, 0x58, 0x80, 0x0b])).toBe(0)
  expect(count(4, base, [])).toBe(0)
})
