import { describe, expect, test } from 'vitest'
import {
  type Callees,
  findArm64Constants,
  findBytes,
  keyVariants,
  type TagHitKind,
  x86Classifier,
} from '../../shared/imports/tag-constants.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'

const key = keyOfTag('Leak')
const leak = [...Buffer.from('Leak')]
const base = 0xf50b3000n
const rva = 0x1000
const slots = new Map([
  [0x5058, 'allocating' as const],
  [0x505c, 'releasing' as const],
])
const none: Callees = { slots: new Map(), routines: new Map() }
const slot32 = { allocating: [0x58, 0x80, 0x0b, 0xf5], releasing: [0x5c, 0x80, 0x0b, 0xf5] }

const kind = (bytes: readonly number[], callees: Callees = none, width: 4 | 8 = 4): TagHitKind => {
  const code = new Uint8Array(bytes)
  const hits: number[] = []
  findBytes(code, keyVariants([key]), (offset) => hits.push(offset))
  expect(hits).toHaveLength(1)
  return x86Classifier({ rva, bytes: code }, base, width, callees)(hits[0])
}

test('a tag is found at any offset, with the protected bit and without, and never in part', () => {
  const found: [number, number][] = []
  const bytes = new Uint8Array([0, ...leak, ...leak.slice(0, 3), leak[3] | 0x80, 0x4c, 0x65, 0x61])
  findBytes(bytes, keyVariants([key]), (offset, hit) => found.push([offset, hit]))
  expect(found).toEqual([
    [1, key],
    [5, key],
  ])
})

describe('x86 and x64 operands', () => {
  test.each<[string, number[], TagHitKind]>([
    ['push', [0x68, ...leak, 0x6a, 0], 'loaded'],
    ['mov [ebp-8]', [0xc7, 0x45, 0xf8, ...leak], 'loaded'],
    ['mov [esp+28]', [0xc7, 0x44, 0x24, 0x28, ...leak], 'loaded'],
    ['mov [rip+x]', [0xc7, 0x05, 1, 2, 3, 4, ...leak], 'loaded'],
    ['mov [eax+disp32]', [0xc7, 0x80, 1, 2, 3, 4, ...leak], 'loaded'],
    ['mov [eax]', [0xc7, 0x00, ...leak], 'loaded'],
    ['mov edx', [0xba, ...leak], 'loaded'],
    ['mov r8d', [0x41, 0xb8, ...leak], 'loaded'],
    ['cmp eax', [0x3d, ...leak, 0x75, 5], 'compared'],
    ['cmp ecx', [0x81, 0xf9, ...leak], 'compared'],
    ['cmp [esi+4]', [0x81, 0x7e, 4, ...leak], 'compared'],
    ['and ecx', [0x81, 0xe1, ...leak], 'loose'],
    ['nothing', [0x90, ...leak], 'loose'],
    ['the first bytes of the code', [...leak], 'loose'],
    ['C7 with an operand of another length', [0xc7, 0x45, ...leak], 'loose'],
  ])('%s', (_, bytes, expected) => {
    expect(kind([...bytes, 0xcc])).toBe(expected)
  })

  test('text that happens to have an h or = before the tag is no instruction', () => {
    expect(kind([...Buffer.from('cannot find sasahLeak in the list\0')])).toBe('loose')
    expect(kind([...Buffer.from('set poolmon.tag=Leak and go on\0')])).toBe('loose')
  })
})

describe('the call that follows', () => {
  test('says what the tag is passed for, through a slot on x86', () => {
    const call = (slot: number[]) => [0x68, ...leak, 0x68, 0x40, 0, 0, 0, 0x6a, 0, 0xff, 0x15, ...slot]
    const callees = { slots, routines: new Map() }
    expect(kind(call(slot32.allocating), callees)).toBe('allocating')
    expect(kind(call(slot32.releasing), callees)).toBe('releasing')
    expect(kind(call([0, 0, 0, 0]), callees)).toBe('loaded')
  })

  test('through a slot or directly on x64', () => {
    const distance = (next: number, target: number) => [...new Uint8Array(new Int32Array([target - next]).buffer)]
    const before = [0x41, 0xb8, ...leak, 0xba, 0x40, 0, 0, 0, 0x33, 0xc9]
    const next = rva + before.length
    const callees: Callees = { slots, routines: new Map([[-0x200000, 'allocating']]) }
    expect(kind([...before, 0xff, 0x15, ...distance(next + 6, 0x5058)], callees, 8)).toBe('allocating')
    expect(kind([...before, 0xe8, ...distance(next + 5, -0x200000)], callees, 8)).toBe('allocating')
    expect(kind([...before, 0xe8, ...distance(next + 5, 0x2000)], callees, 8)).toBe('loaded')
  })

  test('is the first one: what is passed to another routine before is no tag of the allocation behind it', () => {
    const next = [0x68, ...Buffer.from('Mine'), 0x6a, 0, 0xff, 0x15, ...slot32.allocating]
    const callees = { slots, routines: new Map() }
    // call of a routine of its own, and one through a slot
    expect(kind([0x68, ...leak, 0xe8, 0xf6, 0xff, 0xff, 0xff, ...next], callees)).toBe('loaded')
    expect(kind([0x68, ...leak, 0xff, 0x15, 0x60, 0x80, 0x0b, 0xf5, ...next], callees)).toBe('loaded')
    // a byte of an operand that looks like a call leads nowhere
    expect(kind([0x68, ...leak, 0xb9, 0xe8, 0, 0, 0x40, ...next], callees)).toBe('allocating')
  })

  test('by a register that was loaded from a slot before the loop, the last load deciding', () => {
    const callees = { slots, routines: new Map() }
    const load = (register: number, slot: number[]) => [0x8b, 0x05 | (register << 3), ...slot]
    const loop = [...new Array<number>(40).fill(0x90), 0xc7, 0x44, 0x24, 0x08, ...leak, 0x6a, 0, 0xff, 0xd6]
    const [esi, edi] = [6, 7]
    expect(kind([...load(esi, slot32.allocating), ...loop], callees)).toBe('allocating')
    expect(kind([...load(esi, slot32.allocating), ...load(edi, slot32.releasing), ...loop], callees)).toBe('allocating')
    expect(kind([...load(esi, slot32.allocating), ...load(esi, slot32.releasing), ...loop], callees)).toBe('releasing')
    expect(kind([...load(edi, slot32.allocating), ...loop], callees)).toBe('loaded')
    expect(kind([...load(esi, slot32.allocating), ...new Array<number>(300).fill(0x90), ...loop], callees)).toBe(
      'loaded',
    )
  })

  test('by one of the registers that only x64 has', () => {
    const distance = (next: number, target: number) => [...new Uint8Array(new Int32Array([target - next]).buffer)]
    const loop = [0x41, 0xb8, ...leak, 0x33, 0xc9]
    const r12 = [0x4c, 0x8b, 0x25, ...distance(rva + 7, 0x5058)]
    const rsp = [0x48, 0x8b, 0x25, ...distance(rva + 7, 0x5058)]
    const callees = { slots, routines: new Map() }
    expect(kind([...r12, ...loop, 0x41, 0xff, 0xd4], callees, 8)).toBe('allocating')
    expect(kind([...rsp, ...loop, 0x41, 0xff, 0xd4], callees, 8)).toBe('loaded')
    expect(kind([...r12, ...loop, 0x90, 0xff, 0xd4], callees, 8)).toBe('loaded')
  })

  test('through a stub of the image', () => {
    const stub = [0xff, 0x25, ...slot32.allocating]
    const call = [0x68, ...leak, 0x6a, 0, 0xe8]
    const back = [...new Uint8Array(new Int32Array([-(stub.length + call.length + 4)]).buffer)]
    expect(kind([...stub, ...call, ...back], { slots, routines: new Map() })).toBe('allocating')
  })

  test('does not count from afar', () => {
    const far = [0x68, ...leak, ...new Array<number>(60).fill(0x90), 0xff, 0x15, ...slot32.allocating]
    expect(kind(far, { slots, routines: new Map() })).toBe('loaded')
  })
})

describe('ARM64', () => {
  const low = key & 0xffff
  const high = key >>> 16
  const movz = (register: number, half: number, value: number, wide = 0) =>
    ((0x52800000 | wide) + half * 0x200000 + value * 32 + register) >>> 0
  const movk = (register: number, half: number, value: number, wide = 0) =>
    ((0x72800000 | wide) + half * 0x200000 + value * 32 + register) >>> 0
  const nop = 0xd503201f
  const find = (words: readonly number[], callees: Callees = none) => {
    const found: [number, TagHitKind][] = []
    const bytes = new Uint8Array(new Uint32Array(words).buffer)
    findArm64Constants({ rva, bytes }, keyVariants([key]), callees, (at, hit, what) => {
      expect(hit).toBe(key)
      found.push([at, what])
    })
    return found
  }

  test('halves in either order, in 32 or 64 bits, apart by a few instructions, of one register', () => {
    expect(find([movz(2, 0, low), movk(2, 1, high)])).toEqual([[rva + 4, 'loaded']])
    expect(find([movz(2, 1, high), movk(2, 0, low)])).toHaveLength(1)
    expect(find([movz(9, 0, low, 0x80000000), nop, nop, movk(9, 1, high, 0x80000000)])).toHaveLength(1)
    expect(find([movz(2, 0, low), movk(3, 1, high)])).toHaveLength(0)
    expect(find([movz(2, 0, low), ...new Array<number>(9).fill(nop), movk(2, 1, high)])).toHaveLength(0)
    expect(find([movz(2, 0, low + 1), movk(2, 1, high)])).toHaveLength(0)
    expect(find([movz(2, 0, low), movk(2, 1, high | 0x8000)])).toHaveLength(1)
  })

  test('literals, by the instruction that loads them', () => {
    const ldr = (distance: number) => (0x18000000 | ((distance & 0x7ffff) << 5) | 2) >>> 0
    expect(find([ldr(3), nop, nop, key])).toEqual([[rva, 'loaded']])
    expect(find([key, nop, ldr(-2)])).toEqual([[rva + 8, 'loaded']])
    expect(find([ldr(2), nop, nop, key])).toEqual([])
    expect(find([nop, nop, nop, key])).toEqual([])
  })

  test('are passed to what the import slot behind ADRP and LDR leads to, or BL', () => {
    // ADRP x8, page 5 of the image (page 1 here): four pages on; LDR x8, [x8, #0x58]; BLR x8.
    const adrp = (0x90000000 | (1 << 5) | 8) >>> 0
    const ldr = (0xf9400000 | ((0x58 / 8) << 10) | (8 << 5) | 8) >>> 0
    const pair = [movz(2, 0, low), movk(2, 1, high)]
    expect(find([...pair, adrp, ldr, 0xd63f0100], { slots, routines: new Map() })).toEqual([[rva + 4, 'allocating']])
    const bl = (0x94000000 | (-0x402 & 0x3ffffff)) >>> 0
    expect(find([...pair, bl], { slots, routines: new Map([[0, 'releasing' as const]]) })).toEqual([
      [rva + 4, 'releasing'],
    ])
  })
})
