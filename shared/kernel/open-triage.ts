import type { Architecture } from '../analysis/dump-facts.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { decodeContext } from '../dump/context.ts'
import { type DumpHeader, machineType } from '../dump/header.ts'
import type { TriageDump } from '../dump/open-dump.ts'
import type { TriageDriver } from '../dump/triage.ts'
import { blockMemory, type MemoryBlock } from '../memory/block-memory.ts'
import { pointerAt, readPointer } from '../memory/ranges.ts'
import { decodeKdbg, type Kdbg } from './kdbg.ts'
import type { Kernel } from './kernel.ts'
import { isKernelAddress } from './kernel-address.ts'
import type { LoadedModule } from './module-list.ts'
import { type ProcessorList, readProcessors, usesFiveLevels, usesPae } from './processors.ts'

/**
 * A small memory dump as far as it is like a kernel: the few blocks of memory that it holds, the drivers it lists, the
 * copy of the debugger data block. There are no physical pages and no page tables behind it.
 */
export type TriageKernel = Pick<
  Kernel,
  'header' | 'memory' | 'context' | 'architecture' | 'build' | 'kdbg' | 'kdbgNote' | 'modules' | 'modulesNote'
> & {
  /** Number of the processor that crashed; null when it cannot be told. */
  readonly processor: number | null
}

/** Opens a triage dump for reading its memory: reads some of its blocks. Rejects only when reading fails. */
export const openTriage = async (source: ByteSource, { header, triage }: TriageDump): Promise<TriageKernel> => {
  const pointerBytes = header.bits === 64 ? 8 : 4
  const kernelBase = triage.drivers.at(0)?.base ?? null
  const { kdbg, note } = copiedKdbg(header, triage.debuggerData, kernelBase)
  const blocks = [...triage.dataBlocks, ...namedBlocks(header, triage.header)]
  const copies = await placeCopies({ source, header, triage, kdbg, memory: blockMemory(source, blocks, pointerBytes) })
  const memory = blockMemory(source, [...blocks, ...copies], pointerBytes)
  const record = triage.contexts.find(({ origin }) => origin === 'header')
  const context = record === undefined ? null : decodeContext(record.bytes)
  const processors = await readProcessors({ memory, kdbg, header, context })
  return {
    header,
    memory,
    context,
    architecture: architectureOf(header, processors),
    build: header.build,
    kdbg,
    kdbgNote: note,
    modules: triage.drivers.map(loadedModule),
    modulesNote: triage.notes.length === 0 ? null : triage.notes.join(' '),
    processor: processors.crashed,
  }
}

const loadedModule = ({ path, base, size, timestamp, checksum }: TriageDriver): LoadedModule => ({
  name: path?.replace(/^.*\\/, '') || null,
  path,
  base,
  size,
  timestamp,
  checksum,
})

/** There are no page tables to tell by: CR4 of a processor says whether there were five levels, or PAE (reference 5.1). */
const architectureOf = ({ machineImageType, paeEnabled }: DumpHeader, processors: ProcessorList): Architecture => {
  if (machineImageType === machineType.arm64) return 'arm64'
  if (machineImageType === machineType.x64) return usesFiveLevels(processors) === true ? 'x64-la57' : 'x64'
  const pae = paeEnabled ?? usesPae(processors)
  if (machineImageType !== machineType.x86 || pae === null) return 'unknown'
  return pae ? 'x86-pae' : 'x86'
}

const copiedKdbg = (
  header: DumpHeader,
  bytes: Uint8Array | null,
  kernelBase: bigint | null,
): { kdbg: Kdbg | null; note: string | null } => {
  if (bytes === null) return { kdbg: null, note: 'The small dump holds no copy of the debugger data block.' }
  const { psLoadedModuleList, kdDebuggerDataBlock } = header
  const kdbg = decodeKdbg(bytes, kdDebuggerDataBlock ?? 0n, header.bits === 64 ? 8 : 4, 'triage', {
    kernelBase,
    psLoadedModuleList,
  })
  return {
    kdbg,
    note:
      kdbg === null
        ? 'The small dump\u2019s copy of the debugger data block is damaged or another kernel\u2019s.'
        : null,
  }
}

type TriageFields = TriageDump['triage']['header']

/** The parts that the triage header places itself: stack, data page, debugger data block. Those it leaves out are empty. */
const namedBlocks = ({ kdDebuggerDataBlock }: DumpHeader, fields: TriageFields): MemoryBlock[] =>
  [
    { address: fields.topOfStack, fileOffset: fields.callStackOffset, size: fields.sizeOfCallStack },
    { address: fields.dataPageAddress, fileOffset: fields.dataPageOffset, size: fields.dataPageSize },
    {
      address: kdDebuggerDataBlock ?? 0n,
      fileOffset: fields.debuggerDataOffset,
      size: fields.debuggerDataSize,
    },
  ].filter(({ address, fileOffset }) => address !== 0n && fileOffset !== 0)

type Place = {
  readonly source: ByteSource
  readonly header: DumpHeader
  readonly triage: TriageDump['triage']
  readonly kdbg: Kdbg | null
  /** What is placed already. */
  readonly memory: Kernel['memory']
}

/** How the two objects begin: the type in their DISPATCHER_HEADER (both sample dumps). */
const objectTypes = { process: 3, thread: 6 } as const

/**
 * Where the copies of the processor's control block, its thread and process belong: the triage header has only their
 * place in the file. KiProcessorBlock leads to the first, the first to the second, the second to the third; a step that
 * does not validate ends the chain.
 */
const placeCopies = async ({ source, header, triage, kdbg, memory }: Place): Promise<MemoryBlock[]> => {
  if (kdbg === null) return []
  const { prcbOffset, threadOffset, processOffset } = triage.header
  const copy = async (fileOffset: number, size: number | null): Promise<Uint8Array | null> =>
    fileOffset === 0 || size === null || fileOffset + size > source.size ? null : source.read(fileOffset, size)
  const link = (bytes: Uint8Array, offset: number | null): bigint | null => {
    if (offset === null || offset + memory.pointerBytes > bytes.length) return null
    const address = pointerAt(bytes, offset, memory.pointerBytes)
    return isKernelAddress(address, memory.pointerBytes) ? address : null
  }

  const prcb = await copy(prcbOffset, kdbg.offset('SizePrcb'))
  if (prcb === null) return []
  const blocks: MemoryBlock[] = []
  const address = await controlBlock(memory, header, kdbg, prcb)
  if (address !== null) blocks.push({ address, fileOffset: prcbOffset, size: prcb.length })

  const threadAt = link(prcb, kdbg.offset('OffsetPrcbCurrentThread'))
  const thread = await copy(threadOffset, kdbg.offset('SizeEThread'))
  if (threadAt === null || thread === null || thread[0] !== objectTypes.thread) return blocks
  blocks.push({ address: threadAt, fileOffset: threadOffset, size: thread.length })

  const processAt = link(thread, kdbg.offset('OffsetKThreadApcProcess'))
  const process = await copy(processOffset, kdbg.offset('SizeEProcess'))
  if (processAt === null || process === null || process[0] !== objectTypes.process) return blocks
  blocks.push({ address: processAt, fileOffset: processOffset, size: process.length })
  return blocks
}

/** Where the control block lies of the processor whose number the copy bears, from KiProcessorBlock; null unless it is certain. */
const controlBlock = async (
  memory: Kernel['memory'],
  { processors }: DumpHeader,
  kdbg: Kdbg,
  prcb: Uint8Array,
): Promise<bigint | null> => {
  const array = kdbg.pointer('KiProcessorBlock')
  const offset = kdbg.offset('OffsetPrcbNumber')
  // The number is one byte, two or four of them, depending on the build; more than 256 processors are not told apart.
  if (array === null || offset === null || offset >= prcb.length || processors > 256) return null
  const number = viewOf(prcb).getUint8(offset)
  if (number >= processors) return null
  const address = await readPointer(memory, array + BigInt(number * memory.pointerBytes))
  return address !== null && isKernelAddress(address, memory.pointerBytes) ? address : null
}
