import { TaggedError } from '../bytes/tagged-error.ts'
import { asciiAt, viewOf } from '../bytes/view.ts'
import { decodeRuns, type HeaderRuns } from './header-runs.ts'

/** DUMP_HEADER32 / DUMP_HEADER64, decoded. A field the writer left as filler (`PAGE`) is null. Addresses are unsigned. */
export type DumpHeader = HeaderRuns & {
  readonly bits: 32 | 64
  /** 0xF for a free build of Windows, 0xC for a checked one. */
  readonly majorVersion: number
  readonly build: number
  readonly machineImageType: number
  /** As written: PCID bits and all. */
  readonly directoryTableBase: bigint
  /** From PaeEnabled; null when not set or on 64-bit dumps. */
  readonly paeEnabled: boolean | null
  readonly psLoadedModuleList: bigint
  readonly psActiveProcessHead: bigint
  readonly pfnDataBase: bigint
  readonly kdDebuggerDataBlock: bigint | null
  readonly processors: number
  readonly bugcheckCode: number
  readonly bugcheckParameters: readonly bigint[]
  readonly dumpType: number | null
  readonly attributes: number | null
  readonly requiredDumpSpace: bigint | null
  /** FILETIME, 100 ns since 1601. */
  readonly systemTime: bigint | null
  /** 100 ns units. */
  readonly systemUpTime: bigint | null
  readonly comment: string | null
  readonly versionUser: string | null
  readonly secondaryDataState: number | null
  readonly writerStatus: number | null
  readonly productType: number | null
  readonly suiteMask: number | null
}

export const machineType = { x86: 0x14c, armThumb: 0x1c4, ia64: 0x200, x64: 0x8664, arm64: 0xaa64 } as const

/** Bytes of the header; in a full dump the first page follows it. */
export const headerBytes = (bits: 32 | 64): number => (bits === 32 ? 0x1000 : 0x2000)

const page = 0x45474150
const filler32 = page
const filler64 = 0x4547415045474150n
const dump32 = 0x504d5544
const dump64 = 0x34365544

/** 32 or 64 by the first eight bytes (reference 1.1), null when they are no kernel dump's. */
export const headerBits = (bytes: Uint8Array): 32 | 64 | null => {
  if (bytes.length < 8) return null
  const view = viewOf(bytes)
  if (view.getUint32(0, true) !== page) return null
  const variant = view.getUint32(4, true)
  return variant === dump32 ? 32 : variant === dump64 ? 64 : null
}

/** Offsets of the fields that both headers have (reference 1.2 and 1.3). */
const layouts = {
  32: {
    directoryTableBase: 0x10,
    pfnDataBase: 0x14,
    psLoadedModuleList: 0x18,
    psActiveProcessHead: 0x1c,
    machineImageType: 0x20,
    processors: 0x24,
    bugcheckCode: 0x28,
    bugcheckParameters: 0x2c,
    versionUser: 0x3c,
    kdDebuggerDataBlock: 0x60,
    runs: 0x64,
    comment: 0x820,
    attributes: 0x8a0,
    dumpType: 0xf88,
    secondaryDataState: 0xf90,
    productType: 0xf94,
    suiteMask: 0xf98,
    writerStatus: 0xf9c,
    requiredDumpSpace: 0xfa0,
    systemUpTime: 0xfb8,
    systemTime: 0xfc0,
  },
  64: {
    directoryTableBase: 0x10,
    pfnDataBase: 0x18,
    psLoadedModuleList: 0x20,
    psActiveProcessHead: 0x28,
    machineImageType: 0x30,
    processors: 0x34,
    bugcheckCode: 0x38,
    bugcheckParameters: 0x40,
    versionUser: 0x60,
    kdDebuggerDataBlock: 0x80,
    runs: 0x88,
    comment: 0xfb0,
    attributes: 0x1050,
    dumpType: 0xf98,
    secondaryDataState: 0x103c,
    productType: 0x1040,
    suiteMask: 0x1044,
    writerStatus: 0x1048,
    requiredDumpSpace: 0xfa0,
    systemUpTime: 0x1030,
    systemTime: 0xfa8,
  },
} as const

/** PaeEnabled of the 32-bit header: 1 or 0 when set; filler reads 0x50 (reference 1.2). */
const paeEnabledOffset = 0x5c

/**
 * Decodes the header at the start of a kernel dump; `bytes` holds at least `headerBytes(bits)` of them.
 * Throws `not-a-kernel-dump` or `short-header`.
 */
export const decodeHeader = (bytes: Uint8Array): DumpHeader => {
  const bits = headerBits(bytes)
  if (bits === null)
    throw new TaggedError(
      'not-a-kernel-dump',
      'The file does not begin with the signature of a Windows kernel dump (PAGEDUMP or PAGEDU64).',
      'Upload the MEMORY.DMP that Windows wrote, unpacked.',
    )
  if (bytes.length < headerBytes(bits))
    throw new TaggedError(
      'short-header',
      `The file ends inside the dump's header, after ${bytes.length} of ${headerBytes(bits)} bytes.`,
      'Copy or upload the file again: it was cut off.',
    )
  const at = layouts[bits]
  const view = viewOf(bytes)
  const u32 = (offset: number): number => view.getUint32(offset, true)
  const set32 = (offset: number): number | null => (u32(offset) === filler32 ? null : u32(offset))
  const set64 = (offset: number): bigint | null => {
    const value = view.getBigUint64(offset, true)
    return value === filler64 ? null : value
  }
  const pointer = (offset: number): bigint => (bits === 32 ? BigInt(u32(offset)) : view.getBigUint64(offset, true))
  const setPointer = (offset: number): bigint | null => {
    const value = pointer(offset)
    return value === 0n || value === (bits === 32 ? BigInt(filler32) : filler64) ? null : value
  }
  const text = (offset: number, length: number): string | null =>
    u32(offset) === filler32 ? null : asciiAt(bytes, offset, length) || null
  const pae = bits === 32 ? bytes[paeEnabledOffset] : null
  return {
    bits,
    majorVersion: u32(8),
    build: u32(0xc),
    machineImageType: u32(at.machineImageType),
    directoryTableBase: pointer(at.directoryTableBase),
    paeEnabled: pae === 1 ? true : pae === 0 ? false : null,
    psLoadedModuleList: pointer(at.psLoadedModuleList),
    psActiveProcessHead: pointer(at.psActiveProcessHead),
    pfnDataBase: pointer(at.pfnDataBase),
    kdDebuggerDataBlock: setPointer(at.kdDebuggerDataBlock),
    processors: u32(at.processors),
    bugcheckCode: u32(at.bugcheckCode),
    bugcheckParameters: [0, 1, 2, 3].map((index) => pointer(at.bugcheckParameters + index * (bits / 8))),
    dumpType: set32(at.dumpType),
    ...decodeRuns(view, at.runs, bits),
    attributes: set32(at.attributes),
    requiredDumpSpace: set64(at.requiredDumpSpace),
    systemTime: set64(at.systemTime),
    systemUpTime: set64(at.systemUpTime),
    comment: text(at.comment, 128),
    versionUser: text(at.versionUser, 32),
    secondaryDataState: set32(at.secondaryDataState),
    writerStatus: set32(at.writerStatus),
    productType: set32(at.productType),
    suiteMask: set32(at.suiteMask),
  }
}
