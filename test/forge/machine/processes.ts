import { processList } from '../data/processes.ts'
import type { Variables } from '../kernel/variables.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, writePointer } from '../words.ts'
import { linkList, mustAllocate } from './module-list.ts'
import type { Objects } from './objects.ts'
import type { Pools } from './pools.ts'

/** An EPROCESS: its bytes, where in them it begins, and its address. */
export type ForgedProcess = {
  readonly name: string
  readonly pid: number
  readonly bytes: Buffer
  readonly start: number
  readonly body: Va
}

export type Processes = {
  readonly all: readonly ForgedProcess[]
  /** EPROCESS of System. */
  readonly system: Va
  /** Gives every process its page-table root: when all kernel tables exist. */
  writeRoots(): void
}

/** Makes PsActiveProcessHead: an EPROCESS with the fields every tool reads, and no user half. */
export const makeProcesses = (
  scenario: Scenario,
  pools: Pools,
  variables: Variables,
  space: AddressSpace,
  objects: Objects,
): Processes => {
  const { layout } = scenario
  const { width, process } = layout
  const made = [...processList, ...(scenario.addedProcesses ?? [])].map(({ name, pid, parent }) => {
    const block = mustAllocate(pools, pools.nonPaged, 'Proc', layout.objectHeader.bytes + process.bytes, true)
    const { bodyOffset: at, body: va } = objects.make(block, 'Process')
    block.bytes[at] = 3 // DISPATCHER_HEADER: a process
    block.bytes.writeUInt32LE(pid, at + process.pid)
    block.bytes.writeUInt32LE(parent, at + process.parentPid)
    block.bytes.write(name, at + process.imageName, 15, 'latin1')
    block.bytes.writeUInt32LE(pid === 4 ? 64 : 8, at + process.activeThreads)
    for (const side of [0, width])
      writePointer(block.bytes, at + process.threadList + side, va + process.threadList, width)
    return { bytes: block.bytes, at: at + process.links, va: va + process.links, body: va, start: at, pid, name }
  })
  linkList({ bytes: variables.bytes('PsActiveProcessHead'), va: variables.va('PsActiveProcessHead') }, made, width)
  const system = made[0].body
  variables.pointer('PsInitialSystemProcess', system)
  return {
    all: made,
    system,
    writeRoots: () => {
      for (const { bytes, start, pid } of made)
        writePointer(
          bytes,
          start + process.directoryTableBase,
          pid === 4 ? space.directoryTableBase : space.cloneRoot(),
          width,
        )
    },
  }
}
