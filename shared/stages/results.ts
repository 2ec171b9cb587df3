import { z } from 'zod'
import { Cost, Coverage, TranscriptEntry } from '../analysis/analysis.ts'
import { DumpFacts, Refusal } from '../analysis/dump-facts.ts'
import { Allocator, Importer } from '../analysis/importer.ts'
import { MemoryUsage } from '../analysis/memory-usage.ts'
import { Module, UnloadedModule } from '../analysis/module.ts'
import { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import { PoolUsage } from '../analysis/pool-usage.ts'
import { Count, HexAddress } from '../analysis/scalars.ts'
import { CodeReading, TagUse } from '../analysis/tag-use.ts'
import type { Root } from '../kernel/kernel.ts'

/**
 * What each stage leaves behind, under its own key, for the stages after it. JSON, so that a Lambda can read what
 * another wrote; the same values pass from function to function in `dumpline analyze`.
 */
const common = { coverage: z.array(Coverage), transcript: z.array(TranscriptEntry), cost: Cost }

/** Why the upload, an archive, was not unpacked; null when it was. */
export const UnpackResult = z.object({ refusal: Refusal.nullable(), cost: Cost })
export type UnpackResult = z.infer<typeof UnpackResult>

/** Container, architecture, bugcheck, modules, `!vm`. A refused dump has `dump.refusal` and nothing else of use. */
export const HeaderResult = z.object({
  dump: DumpFacts,
  modules: z.array(Module),
  unloadedModules: z.array(UnloadedModule),
  /** Why the list is not whole, as a sentence, or null; bases of listed modules where the dump holds no image. */
  moduleDoubts: z
    .object({
      list: z.string().nullable(),
      notImages: z.array(HexAddress),
      /** Which drivers were unloaded is not known. */
      unloadedUnknown: z.boolean().optional(),
    })
    .optional(),
  memory: MemoryUsage.nullable(),
  /** The page tables that this stage settled on: later ones need not look for them again. */
  root: z
    .object({
      directoryTableBase: HexAddress,
      foundBy: z.enum(['header', 'system-process', 'scan']),
      /** Absent from results of engines that knew the header's alone. */
      psLoadedModuleList: HexAddress.optional(),
      note: z.string().nullable(),
      scannedBytes: Count,
    })
    .optional(),
  ...common,
})
export type HeaderResult = z.infer<typeof HeaderResult>

/**
 * Which modules the contents of a tag's blocks point into. `blocks` counts the sampled blocks of the tag that hold at
 * least one pointer into the module, `otherBlocks` those of other tags, each out of its `sampled…` total.
 */
export const BlockContents = z.object({
  tag: z.string(),
  sampledBlocks: Count,
  otherSampledBlocks: Count,
  modules: z.array(
    z.object({
      module: z.string(),
      base: HexAddress,
      blocks: Count,
      otherBlocks: Count,
      /** One pointer as an example: where it points. */
      example: HexAddress,
      /** It was unloaded: `base` is where (this part of) it began, and its name ends in `(unloaded)`. */
      unloaded: z.literal(true).optional(),
    }),
  ),
})
export type BlockContents = z.infer<typeof BlockContents>

/** `!poolused` from the tracker, the scan as its cross-check, and what leaked blocks contain. */
export const PoolResult = z.object({
  pool: PoolUsage.nullable(),
  contents: z.array(BlockContents),
  /** All pages are to be scanned, but the verdict was not to wait for it: a further analysis refines it. */
  scanFollows: z.literal(true).optional(),
  ...common,
})
export type PoolResult = z.infer<typeof PoolResult>

/**
 * Allocation routines, every word in every module that holds one of them, where leaked tags stand in the modules, and how
 * much of each module was readable.
 */
export const ImportsResult = z.object({
  allocators: z.array(Allocator),
  importers: z.array(Importer),
  /** Bytes searched of each module, by its base. */
  readBytes: z.record(z.string(), Count),
  /** Whether the words that can be a module's import slots were all searched, by its base. */
  importTables: z.record(z.string(), z.enum(['read', 'partly', 'unknown'])),
  /** Names of the modules whose import tables lead to a module, by its base. Absent from results of older engines. */
  clients: z.record(z.string(), z.array(z.string())).optional(),
  /** Modules that hold the name of an untagged allocator as a text, by which it is fetched at run time; likewise. */
  asksByName: z
    .array(z.object({ module: z.string(), base: HexAddress, allocator: z.string(), address: HexAddress }))
    .optional(),
  /** Whether the kernel's export table was read whole, so that a routine not found is one that is not exported. */
  kernelExports: z.enum(['read', 'partly']),
  /** The tags whose constants were looked for in the modules: those that stand for a pool's pressure. */
  searchedTags: z.array(z.string()),
  tagUses: z.array(TagUse),
  /** How much of each module's code could be searched, by its base. */
  code: z.record(z.string(), CodeReading),
  /** Only where an object's tag leaks: totals of its type, and all processes with their handles. */
  objects: z.array(ObjectUse),
  processes: z.array(HandleUse),
  processesNote: z.string().nullable(),
  /** Why modules or words may be missing altogether, in full sentences; null when none are. */
  searchNote: z.string().nullable(),
  ...common,
})
export type ImportsResult = z.infer<typeof ImportsResult>

/** The header stage's page tables as `openKernel` takes them. */
export const settledRoot = ({ root }: Pick<HeaderResult, 'root'>): Root | undefined =>
  root?.psLoadedModuleList === undefined
    ? undefined
    : {
        ...root,
        directoryTableBase: BigInt(root.directoryTableBase),
        psLoadedModuleList: BigInt(root.psLoadedModuleList),
      }
