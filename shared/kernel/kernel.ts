import type { Architecture } from '../analysis/dump-facts.ts'
import type { ProcessorContext } from '../dump/context.ts'
import type { DumpHeader } from '../dump/header.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Kdbg } from './kdbg.ts'
import type { LoadedModule } from './module-list.ts'
import type { ModuleSpace } from './session-space.ts'

/** The page tables that are used. */
export type Root = {
  readonly directoryTableBase: bigint
  readonly foundBy: 'header' | 'system-process' | 'scan'
  /** The module list's head that they lead to: the header's, or where that is of no use, a debugger data block's. */
  readonly psLoadedModuleList: bigint
  /** How these were found when those of the header do not lead to the kernel, or that none do: full sentences. */
  readonly note: string | null
  /** Bytes of the dump that were looked through for them. */
  readonly scannedBytes: number
}

/**
 * An opened dump that holds memory: everything a later stage needs to look into it. Opening reads a few pages:
 * header, root table, KDBG, module list.
 */
export type Kernel = {
  readonly header: DumpHeader
  readonly physical: PhysicalMemory
  /** As the crash's process had it, and session space, which that may not map, as a process that does (reference 5.6). */
  readonly memory: VirtualMemory
  readonly architecture: Architecture
  readonly build: number
  /** The registers in the header: where the crash was, as a rule. */
  readonly context: ProcessorContext | null
  readonly root: Root
  /** Null when the block could not be found or does not validate; everything from it is then null with a reason. */
  readonly kdbg: Kdbg | null
  /** What is odd about it, or why there is none: full sentences. */
  readonly kdbgNote: string | null
  /** In list order, the kernel first. */
  readonly modules: readonly LoadedModule[]
  /** Set when the walk of the list ended early: a full sentence. */
  readonly modulesNote: string | null
  /** What a listed module is read through, by its base; `memory` does so by itself. */
  spaceOf(base: bigint): Promise<ModuleSpace>
}
