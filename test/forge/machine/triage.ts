import { contextBytes, writeContext } from '../container/context.ts'
import type { TriageFacts } from '../container/triage-dump.ts'
import { pageBytes } from '../memory/physical.ts'
import type { Va } from '../words.ts'
import type { Machine } from './machine.ts'

/** Bytes of the crashing thread's stack that a small dump keeps. */
const stackBytes = 0x300
/** Bytes of an image's header that it keeps, besides nt's whole page. */
const imageBytes = 0x100

/** Memory of the machine that must be there. */
const read = ({ space }: Machine, va: Va, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const from = (va + done) % pageBytes
    const frame = space.frame(Math.floor((va + done) / pageBytes))
    if (frame === undefined) throw new Error(`A small dump takes absent memory at ${(va + done).toString(16)}.`)
    const taken = Math.min(pageBytes - from, length - done)
    frame.bytes.copy(bytes, done, from, from + taken)
    done += taken
  }
  return bytes
}

/**
 * What a small dump takes of a machine: its lists, KDBG, the crashing processor's block, the stack, and as data blocks nt's
 * header page, the first bytes of some drivers, the processor table and a second CONTEXT, KeBugCheckEx's own.
 */
export const triageOf = (machine: Machine): TriageFacts => {
  const { scenario, facts, images, variables } = machine
  const { layout } = scenario
  const own = Buffer.alloc(contextBytes[facts.machine])
  const stack = { pointer: facts.stackPointer, bytes: read(machine, facts.stackPointer, stackBytes) }
  writeContext(own, 0, { ...facts, instructionPointer: facts.instructionPointer + 0x20 })
  const { nt } = images
  const block = (va: Va, length: number) => ({ va, bytes: read(machine, va, length) })
  return {
    drivers: images.all.map(({ spec, sizeOfImage }) => ({ ...spec, size: sizeOfImage })),
    unloaded: scenario.unloaded.map(({ name, start, pages }) => ({ name, start, end: start + pages * pageBytes })),
    kdbg: read(machine, variables.va('KdDebuggerDataBlock'), layout.kdbgSize),
    processor: Buffer.alloc(0x100),
    stack,
    blocks: [
      block(nt.spec.base, pageBytes),
      ...images.all.slice(1, 5).map(({ spec }) => block(spec.base, imageBytes)),
      block(variables.va('KiProcessorBlock'), scenario.processors * layout.width),
      { va: facts.stackPointer - own.length - 0x80, bytes: own },
    ],
  }
}
