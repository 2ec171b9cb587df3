import { decodeContext, type ProcessorContext } from '../dump/context.ts'
import { machineType } from '../dump/header.ts'
import { isPresent, pointerAt, readPointer } from '../memory/ranges.ts'
import type { VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'
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
  /** Where it was when it stopped, from the CONTEXT in its PRCB. */
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
/** CR4.LA57: five levels of page tables (reference 5.1). */
const la57 = 1n << 12n
/** Of CONTEXT, all there is to decode. */
const contextBytes = 0x4d0
/** Kernel stacks are 12 KiB on x86, 24 KiB on x64, with room for larger ones of graphic threads. */
const maxStackBytes = 0x14000n

type Source = Pick<Kernel, 'memory' | 'kdbg' | 'context'> & {
  readonly header: Pick<Kernel['header'], 'processors' | 'machineImageType'>
}

/** Whether CR4 of the processors says that there are five levels of page tables; null when none of them tells. */
export const usesFiveLevels = ({ processors }: ProcessorList): boolean | null => {
  const registers = processors.map(({ controlRegisters }) => controlRegisters).find((known) => known !== null)
  return registers === undefined ? null : (registers.cr4 & la57) !== 0n
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
  const part = async (offset: number | null, bytes: number): Promise<VirtualRange | null> => {
    if (offset === null) return null
    const range = await memory.read(address + BigInt(offset), bytes)
    return isPresent(range, 0, bytes) ? range : null
  }
  // One byte, two or four of them, depending on the build: the lowest is the same in all.
  const own = await part(kdbg.offset('OffsetPrcbNumber'), 1)
  if (own !== null && own.bytes[0] !== (number & 0xff)) return null
  const thread = await part(kdbg.offset('OffsetPrcbCurrentThread'), width)
  const currentThread = thread === null ? null : pointerAt(thread.bytes, 0, width)
  const special = await part(kdbg.offset('OffsetPrcbProcStateSpecialReg'), 4 * width)
  const registers = special === null ? [] : [0, 1, 2, 3].map((index) => pointerAt(special.bytes, index * width, width))
  const [cr0, , cr3, cr4] = registers
  const validates =
    header.machineImageType !== machineType.arm64 &&
    registers.length > 0 &&
    (cr0 & protectedPaging) === protectedPaging &&
    cr3 >> 5n !== 0n
  const state = kdbg.offset('OffsetPrcbProcStateContext')
  const stored = state === null ? null : await memory.read(address + BigInt(state), contextBytes)
  const context = stored === null ? null : decodeContext(stored.bytes.subarray(0, stored.gaps[0]?.offset))
  return {
    number,
    address,
    currentThread: currentThread !== null && isKernelAddress(currentThread, width) ? currentThread : null,
    controlRegisters: validates ? { cr0, cr3, cr4 } : null,
    context,
  }
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
