import type { TranscriptEntry } from '../analysis/analysis.ts'
import type { Allocator, Importer } from '../analysis/importer.ts'
import type { Module } from '../analysis/module.ts'
import { readWords } from '../debugger/read-words.ts'
import { readFileHeaders } from '../image/file-headers.ts'
import { readImage } from '../image/read-image.ts'
import { allocatorName, allocatorSet, isUntagged } from '../imports/allocators.ts'
import type { ExportIndex } from '../imports/export-index.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { debuggerAddress } from '../report/debugger-text.ts'
import { displayHeaders } from '../report/image-headers.ts'
import { moduleInfo } from '../report/module-commands.ts'
import { displayPointers, examineSymbol, searchModules } from '../report/pointer-commands.ts'

/** More hits than this are no transcript that anybody reads; the analysis lists them all. */
const maxHits = 64
/** How many modules are looked at one by one, as the seed does with its only one. */
const maxModules = 4
/** What `dps` shows when not told how much. */
const dpsBytes = 0x80

/**
 * The seed's commands for each allocator that takes no tag: where it lives, which words in which modules hold its
 * address, what stands around the words found in import tables, and whose they are. Made of what is read here.
 */
export const importsTranscript = async (
  memory: VirtualMemory,
  modules: readonly Module[],
  allocators: readonly Allocator[],
  importers: readonly Importer[],
  index: ExportIndex,
): Promise<TranscriptEntry[]> => {
  const width = memory.pointerBytes
  const entries: TranscriptEntry[] = []
  for (const routine of allocatorSet.routines.filter(isUntagged)) {
    const name = allocatorName(routine)
    const allocator = allocators.find((resolved) => resolved.name === name)
    if (allocator === undefined) {
      entries.push(examineSymbol(name, null, width))
      continue
    }
    const target = BigInt(allocator.address)
    const hits = importers.filter((importer) => importer.allocator === name)
    const lines = hits.slice(0, maxHits).map(({ address }) => readWords(memory, BigInt(address), width, 16 / width))
    entries.push(examineSymbol(name, target, width), searchModules(target, await Promise.all(lines), width))
    for (const hit of oneAModule(hits)) entries.push(...(await lookAt(memory, modules, hit, index)))
  }
  return entries
}

/** The first hit of each module outside the kernel, the likeliest imports first. */
const oneAModule = (hits: readonly Importer[]): Importer[] => {
  const others = hits.filter(({ kind }) => kind !== 'kernel-own')
  const isInTable = ({ kind }: Importer): boolean => kind !== 'stored-pointer' && kind !== 'code'
  const firsts = new Map<string, Importer>()
  for (const hit of [...others.filter(isInTable), ...others.filter((hit) => !isInTable(hit))])
    if (!firsts.has(hit.base)) firsts.set(hit.base, hit)
  return [...firsts.values()].slice(0, maxModules)
}

const lookAt = async (
  memory: VirtualMemory,
  modules: readonly Module[],
  hit: Importer,
  index: ExportIndex,
): Promise<TranscriptEntry[]> => {
  const width = memory.pointerBytes
  const address = BigInt(hit.address)
  const words = await readWords(memory, address, width, dpsBytes / width)
  const names = new Map<bigint, string | null>()
  for (const word of words.words)
    if (word !== null && !names.has(word)) names.set(word, (await index.namesAt(word)).at(0) ?? null)
  const entries = [displayPointers(words, (value) => names.get(value) ?? null, width)]
  const module = modules.find(({ base }) => base === hit.base)
  if (module === undefined) return entries
  const image = await readImage(memory, BigInt(module.base))
  const headers = image === null ? null : await readFileHeaders(memory, image)
  if (headers !== null) entries.push(displayHeaders(BigInt(module.base), headers, width))
  entries.push(moduleInfo(debuggerAddress(address, width), module, headers, width))
  return entries
}
