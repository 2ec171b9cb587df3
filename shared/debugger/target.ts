import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { MemoryUsage } from '../analysis/memory-usage.ts'
import type { Module, UnloadedModule } from '../analysis/module.ts'
import type { ByteSource } from '../bytes/source.ts'
import type { DumpHeader } from '../dump/header.ts'
import type { Kdbg } from '../kernel/kdbg.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { PoolAccounting } from '../pool/read-accounting.ts'
import type { TagLookup } from '../pool/tag-table.ts'
import type { ResolveSymbol } from '../symbols/resolve.ts'
import type { Names } from './names.ts'

/** An opened dump as the commands see it. */
export type Target = {
  readonly source: ByteSource
  readonly header: DumpHeader
  readonly facts: DumpFacts
  /** In list order, the kernel first. */
  readonly modules: readonly Module[]
  readonly unloaded: readonly UnloadedModule[]
  /** The kernel's memory; of a small dump its data blocks; of a header alone nothing. */
  readonly memory: VirtualMemory
  /** Null in dumps that hold no kernel memory as pages. */
  readonly kernel: Kernel | null
  /** The debugger data block; a small dump has a copy of it. */
  readonly kdbg: Kdbg | null
  /** Set when not all of the modules are known: a full sentence. */
  readonly modulesNote: string | null
  /** Number of the processor that crashed; null when the dump does not tell. */
  readonly processor: number | null
  /** Null where the dump cannot tell. */
  readonly memoryUsage: MemoryUsage | null
  readonly names: Names
  readonly resolveSymbol: ResolveSymbol
  readonly tags: TagLookup
  /** The pool's own accounting, read when first asked for; rejects with a TaggedError without kernel memory. */
  readonly accounting: () => Promise<PoolAccounting>
}

/** How a command is told to end early: asked between reads. What is known by then is shown. */
export type Running = { readonly stopped: () => boolean }

/** What says that a command was ended before it was done. */
export const stoppedNote = '(Stopped: what follows was not looked at.)'
