import { decodeContext, type ProcessorContext } from '../dump/context.ts'
import { machineType } from '../dump/header.ts'
import { isPresent, pointerAt, readPointer, readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Kdbg } from './kdbg.ts'
import type { Kernel } from './kernel.ts'
import { isKernelAddress } from './kernel-address.ts'

/** A processor as its control block (PRCB) has it. A part that is absent or does not validate is null. */
export type Processor = {
  readonly number: number
  /** Of its PRCB. */
  readonly address: bigint
  readonly currentThread: bigint | null
  /** x86 and x64 alone; Windows stores them when a processor stops for the dump. */
  readonly controlRegisters: { readonly cr0: bigint; readonly cr3: bigint; readonly cr4: bigint } | null
  /** Where it was when it stopped, from the CONTEXT in its PRCB or the one that names. */
  readonly context: ProcessorContext | null
}

export type ProcessorList = {
  readonly processors: readonly Processor[]
  /** Number of the one that crashed: whose context is the header's, or on whose current stack the header's is. Null when that fits none or several. */
  readonly crashed: number | null
  /** Why there are none, or not all: a full sentence. */
  readonly note: string | null
}

/** Windows numbers no more. */
const maxProcessors = 2048
/** CR0: protected mode and paging, without which Windows does not run. */
const protectedPaging = 0x8000_0001n
/** CR4.LA57: five levels of page tables (reference 5.1); CR4.PAE. */
const la57 = 1n << 12n
const pae = 1n << 5n
/** Of CONTEXT, all there is to decode. */
const contextBytes = { 4: 0x2cc, 8: 0x4d0 } as const
/** Kernel stacks are 12 KiB on x86, 24 KiB on x64, with room for larger ones of graphic threads. */
const maxStackBytes = 0x14000n

type Source = Pick<Kernel, 'memory' | 'kdbg' | 'context'> & {
  readonly header: Pick<Kernel['header'], 'processors' | 'machineImageType'>
}

/** Whether CR4 of the processors says that there are five levels of page tables; null when none of them tells. */
export const usesFiveLevels = (list: ProcessorList): boolean | null => hasFeature(list, la57)

/** Likewise whether entries of page tables have 8 bytes, which on x86 is PAE. */
export const usesPae = (list: ProcessorList): boolean | null => hasFeature(list, pae)

const hasFeature = ({ processors }: ProcessorList, bit: bigint): boolean | null => {
  const registers = processors.map(({ controlRegisters }) => controlRegisters).find((known) => known !== null)
  return registers === undefined ? null : (registers.cr4 & bit) !== 0n
}

/** The processors of KiProcessorBlock (reference 4.2, 5.1), at most as many as the header counts. */
export const readProcessors = async (kernel: Source): Promise<ProcessorList> => {
  const { memory, kdbg, header, context } = kernel
  const array = kdbg?.pointer('KiProcessorBlock') ?? null
  if (kdbg === null || array === null)
    return {
      processors: [],
      crashed: null,
      note: 'No debugger data block says where the processors\u2019 control blocks are.',
    }
  const wanted = Math.min(header.processors, maxProcessors)
  const processors: Processor[] = []
  for (let number = 0; number < wanted; number++) {
    const address = await readPointer(memory, array + BigInt(number * memory.pointerBytes))
    if (address === null || !isKernelAddress(address, memory.pointerBytes)) continue
    const processor = await readProcessor(kernel, kdbg, number, address)
    if (processor !== null) processors.push(processor)
  }
  const missing = header.processors - processors.length
  return {
    processors,
    crashed: await crashedOf(memory, kdbg, processors, context),
    note:
      missing <= 0
        ? null
        : `Of ${header.processors} processors\u2019 control blocks, ${missing} are not in the dump or do not validate.`,
  }
}

const readProcessor = async (
  { memory, header }: Source,
  kdbg: Kdbg,
  number: number,
  address: bigint,
): Promise<Processor | null> => {
  const width = memory.pointerBytes
  const fields = {
    number: [kdbg.offset('OffsetPrcbNumber'), 1],
    thread: [kdbg.offset('OffsetPrcbCurrentThread'), width],
    registers: [kdbg.offset('OffsetPrcbProcStateSpecialReg'), 4 * width],
    context: [kdbg.offset('OffsetPrcbProcStateContext'), contextBytes[width]],
  } as const
  const end = Math.max(0, ...Object.values(fields).map(([offset, bytes]) => (offset === null ? 0 : offset + bytes)))
  const range = await memory.read(address, end)
  const part = ([offset, bytes]: readonly [number | null, number]): Uint8Array | null =>
    offset !== null && isPresent(range, offset, bytes) ? range.bytes.subarray(offset, offset + bytes) : null
  const own = part(fields.number)
  // One byte, two or four of them, depending on the build: the lowest is the same in all.
  if (own === null ? fields.number[0] !== null : own[0] !== (number & 0xff)) return null
  const thread = part(fields.thread)
  const currentThread = thread === null ? null : pointerAt(thread, 0, width)
  const registers = part(fields.registers)
  const context = part(fields.context)
  return {
    number,
    address,
    currentThread: currentThread !== null && isKernelAddress(currentThread, width) ? currentThread : null,
    controlRegisters:
      registers === null || header.machineImageType === machineType.arm64 ? null : decodeRegisters(registers, width),
    context: (context === null ? null : decodeContext(context)) ?? (await contextElsewhere(memory, kdbg, address)),
  }
}

/** Newer builds keep the CONTEXT apart, and in the PRCB a pointer to it; what was its place is empty (19041 x64 sample). */
const contextElsewhere = async (memory: VirtualMemory, kdbg: Kdbg, prcb: bigint): Promise<ProcessorContext | null> => {
  const offset = kdbg.offset('OffsetPrcbContext')
  const address = offset === null ? null : await readPointer(memory, prcb + BigInt(offset))
  if (address === null || !isKernelAddress(address, memory.pointerBytes)) return null
  const bytes = await readWhole(memory, address, contextBytes[memory.pointerBytes])
  return bytes === null ? null : decodeContext(bytes)
}

/** CR0, CR2, CR3, CR4 (reference 5.1); null unless they are those of a processor with page tables. */
const decodeRegisters = (bytes: Uint8Array, width: 4 | 8): Processor['controlRegisters'] => {
  const [cr0, , cr3, cr4] = [0, 1, 2, 3].map((index) => pointerAt(bytes, index * width, width))
  return (cr0 & protectedPaging) === protectedPaging && cr3 >> 5n !== 0n ? { cr0, cr3, cr4 } : null
}

const crashedOf = async (
  memory: VirtualMemory,
  kdbg: Kdbg,
  processors: readonly Processor[],
  crash: ProcessorContext | null,
): Promise<number | null> => {
  if (processors.length === 1) return processors[0].number
  if (crash === null || crash.stackPointer === 0n) return null
  const same = processors.filter(
    ({ context }) =>
      context?.instructionPointer === crash.instructionPointer && context.stackPointer === crash.stackPointer,
  )
  if (same.length === 1) return same[0].number
  const onStack: number[] = []
  for (const { number, currentThread } of processors)
    if (currentThread !== null && (await isOnStack(memory, kdbg, currentThread, crash.stackPointer)))
      onStack.push(number)
  return onStack.length === 1 ? onStack[0] : null
}

/** Whether an address is on a thread's kernel stack, which ends at KTHREAD.InitialStack and grows down from there. */
const isOnStack = async (memory: VirtualMemory, kdbg: Kdbg, thread: bigint, address: bigint): Promise<boolean> => {
  const offset = kdbg.offset('OffsetKThreadInitialStack')
  const top = offset === null ? null : await readPointer(memory, thread + BigInt(offset))
  return top !== null && address < top && address >= top - maxStackBytes
}
