import { describe, expect, test } from 'vitest'
import { countCallSites } from '../../shared/imports/call-sites.ts'

const base = 0xfffff88001230000n
const slot = 0x5058
const inTable = (rva: number): boolean => rva >= 0x5000 && rva < 0x5100
const rva = 0x1000
const distance = (next: number, target: number): number[] => [...new Uint8Array(new Int32Array([target - next]).buffer)]

describe('x64 with import-call optimisation', () => {
  const routine = -0x3a0_0000
  const count = (bytes: readonly number[], byRoutine = new Map([[routine, slot]])): number =>
    countCallSites([{ rva, bytes: new Uint8Array(bytes) }], base, 'x64', { inTable, byRoutine }).get(slot) ?? 0

  test('a direct call of the routine counts for the slot that holds it', () => {
    expect(count([0xe8, ...distance(rva + 5, routine), 0x0f, 0x1f, 0x44, 0, 0])).toBe(1)
    expect(count([0xe8, ...distance(rva + 5, routine + 1), 0x90, 0x90])).toBe(0)
    expect(count([0xe8, ...distance(rva + 5, routine), 0x90, 0x90], new Map())).toBe(0)
  })

  test('a stub that jumps through the slot counts as often as it is called, and once when nobody calls it', () => {
    const stub = [0x48, 0xff, 0x25, ...distance(rva + 7, slot)]
    const call = (at: number, to: number) => [0xe8, ...distance(rva + at + 5, rva + to)]
    expect(count(stub)).toBe(1)
    expect(count([...stub, ...call(7, 0), ...call(12, 0), ...call(17, 0), 0x90])).toBe(3)
    expect(count([...stub, ...call(7, 1), ...call(12, 3), 0x90])).toBe(1)
  })
})

describe('ARM64', () => {
  const adrp = (register: number, pages: number) =>
    (0x90000000 | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5) | register) >>> 0
  const ldr = (register: number, offset: number) => (0xf9400000 | ((offset / 8) << 10) | (register << 5) | 8) >>> 0
  const blr = 0xd63f0100
  const count = (words: readonly number[], at = rva): number =>
    countCallSites([{ rva: at, bytes: new Uint8Array(new Uint32Array(words).buffer) }], base, 'arm64', {
      inTable,
      byRoutine: new Map([[-0x1000, slot]]),
    }).get(slot) ?? 0

  test('a slot is loaded through its page and the offset in it', () => {
    expect(count([adrp(8, 4), ldr(8, 0x58), blr])).toBe(1)
    expect(count([adrp(8, 4), 0xd503201f, ldr(8, 0x58), blr, adrp(9, 4), ldr(9, 0x58)])).toBe(2)
    expect(count([adrp(8, -3), ldr(8, 0x58), blr], 0x8000)).toBe(1)
  })

  test('other pages, registers and offsets are not it', () => {
    expect(count([adrp(8, 5), ldr(8, 0x58), blr])).toBe(0)
    expect(count([adrp(8, 4), ldr(9, 0x58), blr])).toBe(0)
    expect(count([adrp(8, 4), ldr(8, 0x60), blr])).toBe(0)
    expect(count([ldr(8, 0x58), blr])).toBe(0)
  })

  test('a direct branch to the routine counts as well', () => {
    expect(count([(0x94000000 | ((-0x2000 / 4) & 0x3ffffff)) >>> 0])).toBe(1)
  })
})
