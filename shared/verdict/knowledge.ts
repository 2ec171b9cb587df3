import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { Allocator, Importer } from '../analysis/importer.ts'
import type { MemoryUsage } from '../analysis/memory-usage.ts'
import type { Module, UnloadedModule } from '../analysis/module.ts'
import type { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import type { PoolUsage } from '../analysis/pool-usage.ts'
import type { CodeReading, TagUse } from '../analysis/tag-use.ts'
import type { TableReading } from '../imports/import-tables.ts'
import type { TagContents } from '../pool/contents.ts'

/** Everything the earlier stages found out that a verdict rests on. Null: that stage could not run or was not run. */
export type Knowledge = {
  readonly dump: DumpFacts
  readonly modules: readonly Module[]
  readonly unloadedModules: readonly UnloadedModule[]
  /**
   * Why the module list is not whole; bases of listed modules where the dump holds no image; whether it is unknown which
   * drivers were unloaded.
   */
  readonly moduleDoubts?: {
    readonly list: string | null
    readonly notImages: readonly string[]
    readonly unloadedUnknown?: boolean
  }
  readonly memory: MemoryUsage | null
  readonly pool: PoolUsage | null
  readonly contents: readonly TagContents[]
  readonly imports: ImportSearch | null
}

export type ImportSearch = {
  readonly allocators: readonly Allocator[]
  readonly importers: readonly Importer[]
  /** By the module's base. */
  readonly importTables: Readonly<Record<string, TableReading>>
  /** By a module's base, the names of those that import routines of it. */
  readonly clients?: Record<string, string[]>
  /** Modules that hold the name of an untagged allocator as a text: they may fetch it at run time. */
  readonly asksByName?: { module: string; base: string; allocator: string; address: string }[]
  readonly kernelExports: 'read' | 'partly'
  /** Tags whose constants were looked for, and where they stand. */
  readonly searchedTags: readonly string[]
  readonly tagUses: readonly TagUse[]
  /** How much of a module's code was searched, by its base. */
  readonly code: Readonly<Record<string, CodeReading>>
  /** Only where an object's tag leaks. */
  readonly objects: readonly ObjectUse[]
  readonly processes: readonly HandleUse[]
  readonly processesNote: string | null
  /** Why modules may be missing from the search altogether, as a sentence; null when none are. */
  readonly searchNote: string | null
}
