import { describe, expect, test } from 'vitest'
import { type PagingMode, paePaging, x64Paging, x86Paging } from '../../shared/memory/paging.ts'
import { decodeEntry, pteEra } from '../../shared/memory/pte.ts'

const decode = (mode: PagingMode, build: number, level: number, value: bigint, prototypeItself = false) =>
  decodeEntry(
    mode,
    mode.levels[level],
    pteEra(build),
    Number(value & 0xffff_ffffn),
    Number(value >> 32n),
    prototypeItself,
  )
const absent = (reason: string, prototype?: bigint) =>
  prototype === undefined ? { kind: 'absent', reason } : { kind: 'absent', reason, prototype }

describe('a valid entry', () => {
  test.each([
    ['x86 page', x86Paging, 1, 0xfffff063n, { kind: 'next', pfn: 0xfffff }],
    ['x86 4 MiB page, PSE-36 bits ignored', x86Paging, 0, 0x1fc1e0e3n, { kind: 'large', pfn: 0x1fc00 }],
    ['PAE page with NX', paePaging, 2, 0x8000003f_fffff063n, { kind: 'next', pfn: 0x3ffffff }],
    ['PAE page, bits above 37 ignored', paePaging, 2, 0x7fffffc1_00000063n, { kind: 'next', pfn: 0x100000 }],
    ['PAE 2 MiB page', paePaging, 1, 0x80000001_002000e3n, { kind: 'large', pfn: 0x100200 }],
    ['PAE first level has no large pages', paePaging, 0, 0x5081n, { kind: 'next', pfn: 5 }],
    ['x64 page with software bits', x64Paging, 3, 0x8a000000_408ff963n, { kind: 'next', pfn: 0x408ff }],
    ['x64 page at the top of physical memory', x64Paging, 3, 0x000fffff_fffff063n, { kind: 'next', pfn: 2 ** 40 - 1 }],
    ['x64 2 MiB page with the PAT bit', x64Paging, 2, 0x8a000000_048011e1n, { kind: 'large', pfn: 0x4800 }],
    ['x64 1 GiB page', x64Paging, 1, 0x00000001_c00001e3n, { kind: 'large', pfn: 0x1c0000 }],
    ['x64 root entry with bit 7', x64Paging, 0, 0x5081n, { kind: 'next', pfn: 5 }],
    ['x64 leaf with bit 7 (PAT)', x64Paging, 3, 0x50e1n, { kind: 'next', pfn: 5 }],
  ] as const)('%s', (_, mode, level, value, expected) => {
    expect(decode(mode, 7601, level, value)).toEqual(expected)
  })
})

describe('an entry that is not valid', () => {
  test.each([
    ['x86 nothing', x86Paging, 3790, 1, 0n, absent('not-mapped')],
    ['x86 protection alone', x86Paging, 3790, 1, 0x80n, absent('demand-zero')],
    ['x86 transition', x86Paging, 3790, 1, 0x12345880n, { kind: 'next', pfn: 0x12345 }],
    ['x86 page file', x86Paging, 3790, 1, 0x00123082n, absent('paged-out')],
    ['x86 prototype', x86Paging, 3790, 1, 0x00123480n, absent('prototype')],
    ['PAE prototype', paePaging, 3790, 2, 0xe1004568_00000480n, absent('prototype', 0xe1004568n)],
    ['PAE page file', paePaging, 3790, 2, 0x00000010_00000082n, absent('paged-out')],
    ['PAE transition', paePaging, 3790, 2, 0x00000001_12345880n, { kind: 'next', pfn: 0x112345 }],
    [
      'x64 transition, 2003: bits above 39 are not address',
      x64Paging,
      3790,
      3,
      0xffff0f01_12345880n,
      { kind: 'next', pfn: 0x112345 },
    ],
    ['x64 transition, 7', x64Paging, 7601, 3, 0x00000001_12345880n, { kind: 'next', pfn: 0x112345 }],
    ['x64 transition behind the L1TF mask', x64Paging, 19041, 3, 0x00002001_12345880n, { kind: 'next', pfn: 0x112345 }],
    ['x64 transition not behind the mask', x64Paging, 19041, 3, 0x00000001_12345890n, { kind: 'next', pfn: 0x112345 }],
    ['x64 prototype', x64Paging, 7601, 3, 0xf8a00012_34500480n, absent('prototype', 0xfffff8a000123450n)],
    [
      'x64 prototype not behind the mask',
      x64Paging,
      19041,
      3,
      0xd20a0012_34500490n,
      absent('prototype', 0xffffd20a00123450n),
    ],
    ['x64 prototype whose address the mask may hide', x64Paging, 19041, 3, 0xd20a0012_34500480n, absent('prototype')],
    ['x64 described by a VAD', x64Paging, 7601, 3, 0xffffffff_00000480n, absent('prototype')],
    ['x64 page file', x64Paging, 7601, 3, 0x00012345_00000082n, absent('paged-out')],
    ['x64 demand zero behind the mask', x64Paging, 19041, 3, 0x00002000_00000080n, absent('demand-zero')],
    ['x64 page file behind the mask', x64Paging, 19041, 3, 0x00002345_00000080n, absent('paged-out')],
    ['x64 table in transition', x64Paging, 7601, 2, 0x00000000_12345880n, { kind: 'next', pfn: 0x12345 }],
    ['x64 table in the page file', x64Paging, 7601, 2, 0x00012345_00000082n, absent('table-absent')],
    ['x64 table of zeroes', x64Paging, 7601, 2, 0x80n, absent('not-mapped')],
  ] as const)('%s', (_, mode, build, level, value, expected) => {
    expect(decode(mode, build, level, value)).toEqual(expected)
  })

  test('in a prototype PTE, the prototype bit stands for a mapped file', () => {
    expect(decode(x64Paging, 7601, 3, 0xf8a00012_34500480n, true)).toEqual(absent('prototype'))
  })
})
