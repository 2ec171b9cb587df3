import { type Va, type Width, writePointer } from '../words.ts'
import { writeContext } from './context.ts'
import { pageCount } from './stored-pages.ts'

/** What the header page says of a machine, whatever container follows. */
export type MachineFacts = {
  readonly width: Width
  /** IMAGE_FILE_MACHINE. */
  readonly machine: number
  readonly pae: boolean
  readonly build: number
  readonly directoryTableBase: number
  readonly pfnDataBase: Va
  readonly psLoadedModuleList: Va
  readonly psActiveProcessHead: Va
  readonly kdDebuggerDataBlock: Va
  readonly processors: number
  readonly bugcheck: { readonly code: number; readonly parameters: readonly number[] }
  /** All the memory the machine has. */
  readonly machineRuns: readonly { readonly base: number; readonly pages: number }[]
  readonly systemTime: bigint
  readonly systemUpTime: bigint
  readonly productType: number
  readonly suiteMask: number
  readonly instructionPointer: Va
  readonly stackPointer: Va
}

export type HeaderFacts = MachineFacts & {
  /** The physical memory block; null leaves it to the filler. */
  readonly runs: readonly { readonly base: number; readonly pages: number }[] | null
  readonly dumpType: number
  readonly requiredDumpSpace: number
  readonly miniDumpFields?: number
}

export const headerBytes = (width: Width): number => (width === 4 ? 0x1000 : 0x2000)

/** A header full of `PAGE`: what a field reads that nobody set (reference 1.1). */
const filled = (bytes: number): Buffer => Buffer.alloc(bytes, 'PAGE', 'latin1')

/** DUMP_HEADER32 (reference 1.2). */
const header32 = (facts: HeaderFacts): Buffer => {
  const bytes = filled(0x1000)
  const u32 = (at: number, value: number): void => void bytes.writeUInt32LE(value, at)
  bytes.write('PAGEDUMP', 0, 'latin1')
  u32(8, 0xf)
  u32(0xc, facts.build)
  u32(0x10, facts.directoryTableBase)
  u32(0x14, facts.pfnDataBase)
  u32(0x18, facts.psLoadedModuleList)
  u32(0x1c, facts.psActiveProcessHead)
  u32(0x20, facts.machine)
  u32(0x24, facts.processors)
  u32(0x28, facts.bugcheck.code)
  for (const [index, value] of facts.bugcheck.parameters.entries()) u32(0x2c + index * 4, value)
  bytes[0x5c] = facts.pae ? 1 : 0
  bytes[0x5d] = 0
  u32(0x60, facts.kdDebuggerDataBlock)
  if (facts.runs !== null) {
    if (facts.runs.length > 86) throw new Error('A 32-bit header holds 86 runs.')
    u32(0x64, facts.runs.length)
    u32(0x68, pageCount(facts.runs))
    for (const [index, run] of facts.runs.entries()) {
      u32(0x6c + index * 8, run.base)
      u32(0x70 + index * 8, run.pages)
    }
  }
  writeContext(bytes, 0x320, facts)
  bytes.fill(0, 0x7d0, 0x820)
  u32(0x7d0, 0x80000003)
  u32(0x7d4, 1)
  u32(0x7dc, facts.instructionPointer)
  u32(0xf88, facts.dumpType)
  if (facts.miniDumpFields !== undefined) u32(0xf8c, facts.miniDumpFields)
  u32(0xf90, 0)
  u32(0xf94, facts.productType)
  u32(0xf98, facts.suiteMask)
  u32(0xf9c, 0)
  bytes.writeBigUInt64LE(BigInt(facts.requiredDumpSpace), 0xfa0)
  bytes.writeBigUInt64LE(facts.systemUpTime, 0xfb8)
  bytes.writeBigUInt64LE(facts.systemTime, 0xfc0)
  return bytes
}

/** DUMP_HEADER64 (reference 1.3). */
const header64 = (facts: HeaderFacts): Buffer => {
  const bytes = filled(0x2000)
  const u32 = (at: number, value: number): void => void bytes.writeUInt32LE(value, at)
  const u64 = (at: number, value: number): void => void bytes.writeBigUInt64LE(BigInt(value), at)
  const pointer = (at: number, value: Va): void => writePointer(bytes, at, value, 8)
  bytes.write('PAGEDU64', 0, 'latin1')
  u32(8, 0xf)
  u32(0xc, facts.build)
  u64(0x10, facts.directoryTableBase)
  pointer(0x18, facts.pfnDataBase)
  pointer(0x20, facts.psLoadedModuleList)
  pointer(0x28, facts.psActiveProcessHead)
  u32(0x30, facts.machine)
  u32(0x34, facts.processors)
  u32(0x38, facts.bugcheck.code)
  for (const [index, value] of facts.bugcheck.parameters.entries()) u64(0x40 + index * 8, value)
  pointer(0x80, facts.kdDebuggerDataBlock)
  if (facts.runs !== null) {
    if (facts.runs.length > 43) throw new Error('A 64-bit header holds 43 runs.')
    u32(0x88, facts.runs.length)
    u64(0x90, pageCount(facts.runs))
    for (const [index, run] of facts.runs.entries()) {
      u64(0x98 + index * 16, run.base)
      u64(0xa0 + index * 16, run.pages)
    }
  }
  writeContext(bytes, 0x348, facts)
  bytes.fill(0, 0xf00, 0xf98)
  u32(0xf00, 0x80000003)
  u32(0xf04, 1)
  pointer(0xf10, facts.instructionPointer)
  u32(0xf98, facts.dumpType)
  u64(0xfa0, facts.requiredDumpSpace)
  bytes.writeBigUInt64LE(facts.systemTime, 0xfa8)
  bytes.writeBigUInt64LE(facts.systemUpTime, 0x1030)
  if (facts.miniDumpFields !== undefined) u32(0x1038, facts.miniDumpFields)
  u32(0x103c, 0)
  u32(0x1040, facts.productType)
  u32(0x1044, facts.suiteMask)
  u32(0x1048, 0)
  bytes[0x104d] = 0
  return bytes
}

export const buildHeader = (facts: HeaderFacts): Buffer => (facts.width === 4 ? header32(facts) : header64(facts))
