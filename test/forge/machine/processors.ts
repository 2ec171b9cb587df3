import { type ContextFacts, contextBytes, writeContext } from '../container/context.ts'
import type { Variables } from '../kernel/variables.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import { readWrite } from '../memory/entries.ts'
import type { Scenario } from '../scenario.ts'
import { roundUp, type Va, writePointer } from '../words.ts'
import { mustAllocate } from './module-list.ts'
import type { Objects } from './objects.ts'
import type { Pools } from './pools.ts'

export type Processors = {
  /**
   * Leaves the crash's CONTEXT in the PRCB of the processor it happened on, where the dump's header has its copy from.
   * The newest builds keep it elsewhere (reference 4.2, 338), and their PRCB's place stays empty.
   */
  crash(context: ContextFacts): void
  /** Writes what was prepared, once its memory is mapped and nt's data is still open. */
  write(): void
}

/** Room for processor 0's control region in nt's data, on the systems that have it there. */
export const placeFirstPcr = ({ layout, addresses }: Scenario, variables: Variables): void => {
  if (addresses.firstPcr === null) variables.place('KiInitialPCR', layout.processor.inPcr + layout.processor.bytes, 64)
}

/**
 * CR0 and CR4 as these systems run: CR4 has PSE and PGE, and PAE (bit 5) or five levels of tables (bit 12) where used.
 * ARM64 has other registers, of whose place no source tells.
 */
const controlRegisters = {
  x86: [0x8001003b, 0x6d9],
  'x86-pae': [0x8001003b, 0x6f9],
  x64: [0x80050031, 0x6f8],
  'x64-la57': [0x80050033, 0x16f8],
  arm64: null,
} as const

/**
 * Makes KiProcessorBlock and a PRCB for each processor: number, current and idle thread, control registers. On Server
 * 2003 processor 0's control region is at a fixed address, later in nt's data.
 */
export const makeProcessors = (
  scenario: Scenario,
  pools: Pools,
  variables: Variables,
  space: AddressSpace,
  system: Va,
  objects: Objects,
): Processors => {
  const { layout, addresses, paging } = scenario
  const { width, processor, thread } = layout
  const bytes = processor.inPcr + processor.bytes
  const registers = controlRegisters[paging.name]
  const block = variables.bytes('KiProcessorBlock')
  const written: { va: Va; content: Buffer }[] = []
  let next = addresses.systemArea
  let crashed: Buffer | null = null

  const makeThread = (state: number): Va => {
    const object = mustAllocate(pools, pools.nonPaged, 'Thre', layout.objectHeader.bytes + thread.bytes, true)
    const { bodyOffset: at, body } = objects.make(object, 'Thread')
    object.bytes[at] = 6 // DISPATCHER_HEADER: a thread
    object.bytes[at + thread.state] = state
    writePointer(object.bytes, at + thread.process, system, width)
    return body
  }

  for (let number = 0; number < scenario.processors; number++) {
    const inData = number === 0 && addresses.firstPcr === null
    const pcr = inData ? variables.va('KiInitialPCR') : number === 0 ? addresses.firstPcr! : next
    if (!inData && number > 0) next += roundUp(bytes, 0x1000) + 0x1000
    if (!inData) for (let at = 0; at < bytes; at += 0x1000) space.map(pcr + at, readWrite)
    const prcb = pcr + processor.inPcr
    const content = Buffer.alloc(bytes)
    const idle = makeThread(2)
    const current = number === scenario.crashedOn ? makeThread(2) : idle
    writePointer(content, processor.pcrSelf, pcr, width)
    writePointer(content, processor.pcrCurrentPrcb, prcb, width)
    const at = processor.inPcr
    content[at + processor.number] = number
    writePointer(content, at + processor.currentThread, current, width)
    writePointer(content, at + processor.idleThread, idle, width)
    if (registers !== null) {
      const special = at + processor.specialRegisters
      writePointer(content, special, registers[0], width)
      writePointer(content, special + 2 * width, space.directoryTableBase, width)
      writePointer(content, special + 3 * width, registers[1], width)
    }
    writePointer(block, number * width, prcb, width)
    if (inData) variables.bytes('KiInitialPCR').set(content)
    else written.push({ va: pcr, content })
    if (number === scenario.crashedOn) crashed = inData ? variables.bytes('KiInitialPCR') : content
  }
  const crash = (context: ContextFacts): void => {
    const at = processor.inPcr + processor.context
    const end = at + contextBytes[context.machine]
    const special = processor.inPcr + processor.specialRegisters
    if (crashed !== null && (special + 4 * width <= at || special >= end)) writeContext(crashed, at, context)
  }
  const write = (): void => {
    for (const { va, content } of written) space.write(va, content)
  }
  return { crash, write }
}
