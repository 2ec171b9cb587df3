import type { Architecture } from '../analysis/dump-facts.ts'
import type { DumpHeader } from '../dump/header.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Kdbg } from './kdbg.ts'
import type { LoadedModule } from './module-list.ts'

/**
 * An opened dump that holds memory: everything a later stage needs to look into it. Opening reads a few pages:
 * header, root table, KDBG, module list.
 */
export type Kernel = {
  readonly header: DumpHeader
  readonly physical: PhysicalMemory
  readonly memory: VirtualMemory
  readonly architecture: Architecture
  readonly build: number
  /** Null when the block could not be found or does not validate; everything from it is then null with a reason. */
  readonly kdbg: Kdbg | null
  /** What is odd about it, or why there is none: full sentences. */
  readonly kdbgNote: string | null
  /** In list order, the kernel first. */
  readonly modules: readonly LoadedModule[]
  /** Set when the walk of the list ended early: a full sentence. */
  readonly modulesNote: string | null
}
