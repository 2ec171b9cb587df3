import { processList } from '../data/processes.ts'
import type { Variables } from '../kernel/variables.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, writePointer } from '../words.ts'
import { linkList, mustAllocate, writeObjectHeader } from './module-list.ts'
import type { Pools } from './pools.ts'

export type Processes = {
  /** EPROCESS of System. */
  readonly system: Va
  /** Gives every process its page-table root: when all kernel tables exist. */
  writeRoots(): void
}

/** Makes PsActiveProcessHead: an EPROCESS with the fields every tool reads, no handles and no user half. */
export const makeProcesses = (
  scenario: Scenario,
  pools: Pools,
  variables: Variables,
  space: AddressSpace,
  type: Va,
): Processes => {
  const { layout } = scenario
  const { width, process } = layout
  const made = processList.map(({ name, pid, parent }) => {
    const block = mustAllocate(pools, pools.nonPaged, 'Proc', layout.objectHeader.bytes + process.bytes, true)
    const header = writeObjectHeader(block, layout, 7, type)
    const at = block.offset + header
    const va = block.va + header
    block.bytes[at] = 3 // DISPATCHER_HEADER: a process
    block.bytes.writeUInt32LE(pid, at + process.pid)
    block.bytes.writeUInt32LE(parent, at + process.parentPid)
    block.bytes.write(name, at + process.imageName, 15, 'latin1')
    block.bytes.writeUInt32LE(pid === 4 ? 64 : 8, at + process.activeThreads)
    for (const side of [0, width])
      writePointer(block.bytes, at + process.threadList + side, va + process.threadList, width)
    return { bytes: block.bytes, at: at + process.links, va: va + process.links, body: va, start: at, pid }
  })
  linkList({ bytes: variables.bytes('PsActiveProcessHead'), va: variables.va('PsActiveProcessHead') }, made, width)
  const system = made[0].body
  variables.pointer('PsInitialSystemProcess', system)
  return {
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
