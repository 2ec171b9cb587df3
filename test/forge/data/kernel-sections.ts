import type { SectionSpec } from '../image/image-spec.ts'
import { flags } from '../image/sections.ts'

const section = (
  name: string,
  sectionFlags: number,
  bytes: number,
  holds: SectionSpec['holds'] = [],
  rva?: number,
): SectionSpec => ({ name, flags: sectionFlags, bytes, holds, rva })

/**
 * Sections of nt as its builds lay them out, in simplified numbers. The import directory is in INIT, the address table in
 * .text on Server 2003; since Vista both are in sections that stay.
 */
export const kernelSections = {
  /** POOLCODE is where ExAllocatePool and ExFreePoolWithTag of the seed lie. */
  server2003: [
    section('.text', flags.text, 0x90c00, ['code', 'iat', 'debug'], 0x1000),
    section('POOLMI', flags.text, 0x1000, ['code'], 0x93000),
    section('POOLCODE', flags.text, 0x8000, ['code'], 0x94000),
    section('.data', flags.data, 0x2c000, ['variables'], 0x9c000),
    section('PAGE', flags.paged, 0x110000, ['code'], 0xc8000),
    section('PAGELK', flags.paged, 0x4000, ['code'], 0x1d8000),
    section('PAGEVRFY', flags.paged, 0x10000, ['code'], 0x1dc000),
    section('PAGEWMI', flags.paged, 0x2000, ['code'], 0x1ec000),
    section('PAGEKD', flags.paged, 0x4000, ['code'], 0x1ee000),
    section('.edata', flags.edata, 0, ['exports'], 0x1f2000),
    section('INIT', flags.init, 0x2b000, ['code', 'imports'], 0x200000),
    section('.rsrc', flags.discarded, 0x8000, [], 0x230000),
    section('.reloc', flags.discarded, 0xf000, [], 0x238000),
  ],
  seven32: [
    section('.text', flags.text, 0x120000, ['code', 'debug'], 0x1000),
    section('_PAGELK', flags.text, 0x2000, ['code'], 0x122000),
    section('POOLMI', flags.text, 0x1000, ['code'], 0x125000),
    section('POOLCODE', flags.text, 0x6000, ['code'], 0x126000),
    section('.idata', flags.rdata, 0, ['iat', 'imports'], 0x12d000),
    section('.data', flags.data, 0x48000, ['variables'], 0x130000),
    section('PAGE', flags.paged, 0x168000, ['code'], 0x178000),
    section('PAGELK', flags.paged, 0xa000, ['code'], 0x2e0000),
    section('PAGEKD', flags.paged, 0x4000, ['code'], 0x2ea000),
    section('PAGEVRFY', flags.paged, 0x1c000, ['code'], 0x2ee000),
    section('.edata', flags.edata, 0, ['exports'], 0x30a000),
    section('INIT', flags.init, 0x30000, ['code'], 0x318000),
    section('.rsrc', flags.discarded, 0x8000, [], 0x348000),
    section('.reloc', flags.discarded, 0x18000, [], 0x350000),
  ],
  seven64: [
    section('.text', flags.text, 0x170000, ['code', 'debug'], 0x1000),
    section('INITKDBG', flags.text, 0x4000, ['code'], 0x172000),
    section('POOLMI', flags.text, 0x4000, ['code'], 0x176000),
    section('POOLCODE', flags.text, 0x9000, ['code'], 0x17a000),
    section('.rdata', flags.rdata, 0x18000, [], 0x184000),
    section('.data', flags.data, 0x74000, ['variables'], 0x19c000),
    section('.pdata', flags.rdata, 0x1a000, [], 0x210000),
    section('PAGE', flags.paged, 0x190000, ['code'], 0x22a000),
    section('PAGELK', flags.paged, 0x10000, ['code'], 0x3ba000),
    section('PAGEVRFY', flags.paged, 0x20000, ['code'], 0x3ca000),
    section('.edata', flags.edata, 0, ['exports'], 0x3ea000),
    section('.idata', flags.rdata, 0, ['iat', 'imports'], 0x3fa000),
    section('INIT', flags.init, 0x40000, ['code'], 0x400000),
    section('.rsrc', flags.discarded, 0x8000, [], 0x440000),
    section('.reloc', flags.discarded, 0x8000, [], 0x448000),
  ],
  /** As little as holds every export and variable. */
  tiny: [
    section('.text', flags.text, 0x60000, ['code', 'debug'], 0x1000),
    section('.data', flags.data, 0x1c000, ['variables'], 0x62000),
    section('PAGE', flags.paged, 0x4000, ['code'], 0x7e000),
    section('.edata', flags.edata, 0, ['exports'], 0x82000),
    section('.idata', flags.rdata, 0, ['iat', 'imports'], 0x90000),
    section('INIT', flags.init, 0x1000, ['code'], 0x92000),
    section('.reloc', flags.discarded, 0x1000, [], 0x93000),
  ],
  /** The same for builds with room for two thousand processors. */
  tinyCurrent: [
    section('.text', flags.text, 0x60000, ['code', 'debug'], 0x1000),
    section('.idata', flags.rdata, 0, ['iat', 'imports'], 0x62000),
    section('PAGE', flags.paged, 0x4000, ['code'], 0x64000),
    section('.edata', flags.edata, 0, ['exports'], 0x68000),
    section('.data', flags.data, 0x40000, ['variables'], 0x76000),
    section('INIT', flags.init, 0x1000, ['code'], 0xb6000),
    section('.reloc', flags.discarded, 0x1000, [], 0xb7000),
  ],
} satisfies Record<string, readonly SectionSpec[]>
