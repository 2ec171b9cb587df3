import type { Refusal } from '../analysis/dump-facts.ts'
import { cachedSource } from '../bytes/cached-source.ts'
import type { ByteSource } from '../bytes/source.ts'
import { createNames } from '../debugger/names.ts'
import { withoutKernel } from '../debugger/system-commands.ts'
import type { Target } from '../debugger/target.ts'
import type { DumpHeader } from '../dump/header.ts'
import { type Dump, openDump } from '../dump/open-dump.ts'
import { readExports } from '../image/exports.ts'
import { readImage } from '../image/read-image.ts'
import type { Kernel, Root } from '../kernel/kernel.ts'
import { openKernel } from '../kernel/open-kernel.ts'
import { openTriage, type TriageKernel } from '../kernel/open-triage.ts'
import { readProcessors } from '../kernel/processors.ts'
import { blockMemory } from '../memory/block-memory.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { readPooltagFile } from '../pool/pooltag-file.ts'
import { type PoolAccounting, readAccounting } from '../pool/read-accounting.ts'
import { builtInTags, tagLookup } from '../pool/tag-table.ts'
import { symbolResolver } from '../symbols/resolve.ts'
import type { SymbolMap } from '../symbols/symbol-map.ts'
import { headerStage } from './header.ts'
import { type HeaderResult, settledRoot } from './results.ts'

export type TargetOptions = {
  readonly symbols?: SymbolMap
  readonly pooltag?: string
  /** What the header stage found in this dump before; without it the stage is run. */
  readonly header?: Omit<HeaderResult, 'cost'>
}

export type Opening =
  /** `notes`: what a person should know of the dump before trusting what it shows, full sentences. */
  { readonly target: Target; readonly notes: readonly string[] } | { readonly target: null; readonly refusal: Refusal }

/** Opens a dump for the debugger commands. Rejects only when reading fails. */
export const openTarget = async (file: ByteSource, options: TargetOptions): Promise<Opening> => {
  const source = cachedSource(file)
  const dump = await openDump(source)
  if (dump.kind === 'refused') return { target: null, refusal: dump.refusal }
  const { header } = dump
  const stage = options.header ?? (await headerStage(source, options))
  const { dump: facts, modules, unloadedModules: unloaded, memory: memoryUsage, coverage } = stage
  const opened = await openMemory(source, dump, settledRoot(stage))
  const { memory, kernel, modules: loaded } = opened
  const resolveSymbol = symbolResolver(options.symbols, loaded)
  let accounting: Promise<PoolAccounting> | null = null
  const target: Target = {
    ...opened,
    source,
    header,
    facts,
    modules,
    unloaded,
    memoryUsage,
    resolveSymbol,
    names: createNames(modules, options.symbols, async ({ base }) => {
      const image = await readImage(memory, base)
      return image === null ? [] : (await readExports(memory, image)).exports
    }),
    tags: tagLookup([...(options.pooltag === undefined ? [] : [readPooltagFile(options.pooltag)]), builtInTags]),
    accounting: () => {
      if (kernel === null) return Promise.reject(withoutKernel('This'))
      accounting ??= readAccounting(kernel, resolveSymbol, facts.processors)
      return accounting
    },
  }
  return { target, notes: coverage.flatMap(({ note }) => note ?? []) }
}

type Opened = Pick<Target, 'memory' | 'kernel' | 'kdbg' | 'modulesNote' | 'processor'> & Pick<Kernel, 'modules'>

const openMemory = async (
  source: ByteSource,
  dump: Exclude<Dump, { kind: 'refused' }>,
  settled: Root | undefined,
): Promise<Opened> => {
  if (dump.kind === 'header-only')
    return {
      kernel: null,
      memory: nothing(source, dump.header),
      kdbg: null,
      modules: [],
      modulesNote: null,
      processor: null,
    }
  if (dump.kind === 'triage') return { kernel: null, ...(await told(await openTriage(source, dump))) }
  const kernel = await openKernel(source, dump, settled)
  return { kernel, ...(await told(kernel)) }
}

const told = async (opened: Kernel | TriageKernel): Promise<Omit<Opened, 'kernel'>> => {
  const { memory, kdbg, modules, modulesNote } = opened
  return { memory, kdbg, modules, modulesNote, processor: (await readProcessors(opened)).crashed }
}

/** The memory of a dump that is a header and nothing else. */
const nothing = (source: ByteSource, header: DumpHeader): VirtualMemory =>
  blockMemory(source, [], header.bits === 64 ? 8 : 4)
