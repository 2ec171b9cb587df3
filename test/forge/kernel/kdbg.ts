import type { Image } from '../image/image.ts'
import type { Random } from '../random.ts'
import { type Va, writePointer } from '../words.ts'
import { kdbgOffsets, kdbgSlots, zeroSlots } from './kdbg-slots.ts'
import type { Layout } from './layout.ts'
import type { Variables } from './variables.ts'

/** Makes room for every variable the block will point at: before anything else asks for one by name. */
export const placeKdbgVariables = (variables: Variables, layout: Layout): void => {
  // The largest first, while there is room in one piece.
  const placed = kdbgSlots
    .filter(({ offset, kind }) => offset < layout.kdbgSize && kind !== 'C' && kind !== 'V')
    .map(({ name, kind, bytes }) => ({ name, bytes: kind === 'A' ? layout.width : bytes! }))
    .sort((one, other) => other.bytes - one.bytes)
  for (const { name, bytes } of placed) variables.place(name, bytes, bytes >= 64 ? 16 : layout.width)
  variables.place('KdDebuggerDataBlock', layout.kdbgSize, 16)
  variables.place('KdpDebuggerDataListHead', 2 * layout.width)
}

/**
 * Writes KDDEBUGGER_DATA64 (reference 4): 8-byte slots on every architecture, high halves zero on x86, where the list entry
 * is a 32-bit one followed by eight zero bytes.
 */
export const writeKdbg = (variables: Variables, layout: Layout, nt: Image, selfMap: Va, random: Random): void => {
  const { width, kdbgSize } = layout
  const block = variables.bytes('KdDebuggerDataBlock')
  const self = variables.va('KdDebuggerDataBlock')
  const head = variables.va('KdpDebuggerDataListHead')
  for (const [at, target] of [
    [0, head],
    [width, head],
  ] as const)
    writePointer(block, at, target, width)
  const headBytes = variables.bytes('KdpDebuggerDataListHead')
  writePointer(headBytes, 0, self, width)
  writePointer(headBytes, width, self, width)
  block.write('KDBG', 0x10, 'latin1')
  block.writeUInt32LE(kdbgSize, 0x14)

  const values: Record<string, Va> = {
    KernBase: nt.spec.base,
    KeUserCallbackDispatcher: width === 4 ? 0x7c82ebce : 0x77a1f7e0,
    PageSize: 0x1000,
    PteBase: selfMap,
    KdPrintDefaultCircularBufferEnd: variables.va('KdPrintDefaultCircularBuffer') + 0x1000,
  }
  for (const { offset, name, kind } of kdbgSlots) {
    if (offset >= kdbgSize || (layout.kdbgWithoutCounters && zeroSlots.has(name))) continue
    const value =
      kind === 'V' ? values[name] : kind === 'C' ? nt.spec.base + random.pick(nt.functions) : variables.va(name)
    writePointer(block, offset, value, width)
  }

  const { process, thread, processor } = layout
  const offsets: readonly (readonly [number, number])[] = [
    [kdbgOffsets.threadProcess, thread.process],
    [kdbgOffsets.threadState, thread.state],
    [kdbgOffsets.sizeProcess, process.bytes],
    [kdbgOffsets.processPeb, process.peb],
    [kdbgOffsets.processParent, process.parentPid],
    [kdbgOffsets.processDirectoryTableBase, process.directoryTableBase],
    [kdbgOffsets.sizePrcb, processor.bytes],
    [kdbgOffsets.prcbCurrentThread, processor.currentThread],
    [kdbgOffsets.prcbContext, processor.context],
    [kdbgOffsets.prcbNumber, processor.number],
    [kdbgOffsets.sizeThread, thread.bytes],
    [kdbgOffsets.pcrSelf, processor.pcrSelf],
    [kdbgOffsets.pcrCurrentPrcb, processor.pcrCurrentPrcb],
    [kdbgOffsets.pcrContainedPrcb, processor.inPcr],
    [kdbgOffsets.prcbSpecialRegisters, processor.specialRegisters],
    [kdbgOffsets.gdtKernelCode, width === 4 ? 0x8 : 0x10],
    [kdbgOffsets.gdtKernelData, width === 4 ? 0x10 : 0x18],
  ]
  for (const [at, value] of offsets) if (at < kdbgSize) block.writeUInt16LE(value, at)
}
