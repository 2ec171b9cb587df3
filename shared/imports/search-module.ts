import type { Allocator, Importer, ImporterKind } from '../analysis/importer.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { Image } from '../image/image.ts'
import { readImage } from '../image/read-image.ts'
import { absentBytes, pointerAt, presenceOf } from '../memory/ranges.ts'
import type { VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'
import { type CodeRange, countCallSites } from './call-sites.ts'
import { classify, type SlotRange, shortestImportRun } from './classify.ts'
import type { ExportIndex } from './export-index.ts'
import { declaredSlots, type TableReading, tableReading } from './import-tables.ts'
import type { SearchedModule } from './modules.ts'
import { findPointers, type PointerHit } from './pointer-search.ts'

/** A driver has one slot an allocator; more words than this in one module are somebody's table of pointers. */
const maxHitsPerAllocator = 64

export type ModuleSearch = {
  readonly module: SearchedModule
  readonly readBytes: number
  readonly table: TableReading
  readonly importers: readonly Importer[]
  /** True when the module holds more such words than are listed. */
  readonly more: boolean
}

/** What a count of call sites depends on besides the bytes. */
export type CallSiteRules = {
  /** False where instructions are not x86 or x64. */
  readonly readable: boolean
  /** Windows rewrites calls through import slots when it loads a driver, so that none found proves nothing (reference 7.6). */
  readonly rewritten: boolean
}

/** Searches one module for the allocators' addresses and says of each word found what it is. */
export const searchModule = async (
  memory: VirtualMemory,
  module: SearchedModule,
  allocators: readonly Allocator[],
  index: ExportIndex,
  rules: CallSiteRules,
): Promise<ModuleSearch> => {
  const range = await memory.read(module.base, module.bytes)
  const readBytes = module.bytes - absentBytes(range.gaps)
  const image = readBytes === 0 ? null : await readImage(memory, module.base)
  const declared = image === null ? null : await declaredSlots(memory, image, range)
  const table = tableReading(range, image, declared)
  const targets = allocators.map(({ address }) => BigInt(address))
  const { hits, more } = findPointers(range.bytes, memory.pointerBytes, targets, maxHitsPerAllocator)
  if (hits.length === 0) return { module, readBytes, table, importers: [], more }

  const slots = declared?.slots ?? []
  const callSites = module.kernel ? () => null : callSiteCounter(range, image, slots, hits, memory.pointerBytes, rules)
  const importers: Importer[] = []
  for (const { offset, target } of hits) {
    const exportRun = await exportRunAt(range, offset, memory.pointerBytes, module, index)
    const kind = classify({ rva: offset, kernel: module.kernel, image, slots, exportRun })
    for (const { name, address } of allocators) {
      if (BigInt(address) !== target) continue
      importers.push({
        module: module.name,
        base: hexAddress(module.base),
        allocator: name,
        address: hexAddress(module.base + BigInt(offset)),
        kind,
        callSites: callSites(offset, kind),
      })
    }
  }
  return { module, readBytes, table, importers, more }
}

/** How many words in a row around `offset` are addresses of routines that other modules export; enough is enough. */
const exportRunAt = async (
  range: VirtualRange,
  offset: number,
  pointerBytes: 4 | 8,
  module: SearchedModule,
  index: ExportIndex,
): Promise<number> => {
  const isImported = async (at: number): Promise<boolean> => {
    if (at < 0 || at + pointerBytes > range.bytes.length) return false
    const address = pointerAt(range.bytes, at, pointerBytes)
    if (address >= module.base && address < module.base + BigInt(module.bytes)) return false
    return (await index.namesAt(address)).length > 0
  }
  let run = 1
  for (let at = offset - pointerBytes; run < shortestImportRun && (await isImported(at)); at -= pointerBytes) run++
  for (let at = offset + pointerBytes; run < shortestImportRun && (await isImported(at)); at += pointerBytes) run++
  return run
}

/** Only slots of a table are used by their address alone; a pointer in a structure is reached in many ways. */
const tableKinds = new Set<ImporterKind>(['import-table', 'delay-import', 'unlisted-import-table'])

/**
 * How many instructions use the slot at an offset. Null when that cannot be told: no headers, no x86 code, code absent,
 * calls rewritten, or code in which no slot of the table is used (packed, or not there).
 */
const callSiteCounter = (
  range: VirtualRange,
  image: Image | null,
  slots: readonly SlotRange[],
  hits: readonly PointerHit[],
  pointerBytes: 4 | 8,
  rules: CallSiteRules,
): ((offset: number, kind: ImporterKind) => number | null) => {
  if (image === null || !rules.readable) return () => null
  const { code, whole } = codeOf(range, image)
  const offsets = new Set(hits.map((hit) => hit.offset))
  const inTable = (rva: number): boolean =>
    offsets.has(rva) || slots.some((slot) => rva >= slot.rva && rva < slot.rva + slot.size)
  const counts = countCallSites(code, image.base, pointerBytes, inTable)
  const noneMeansNone = counts.size > 0 && whole && !rules.rewritten
  return (offset, kind) => counts.get(offset) ?? (noneMeansNone && tableKinds.has(kind) ? 0 : null)
}

/** The readable parts of the executable sections; `whole` when no part of those that are kept is missing. */
const codeOf = (range: VirtualRange, image: Image): { code: CodeRange[]; whole: boolean } => {
  const present = presenceOf(range)
  const code: CodeRange[] = []
  let whole = true
  for (const { rva, virtualSize, discardable } of image.sections.filter((section) => section.executable)) {
    const end = Math.min(rva + virtualSize, range.bytes.length)
    if (rva >= end) continue
    if (!discardable && !present(rva, end - rva)) whole = false
    let start = rva
    for (const gap of range.gaps) {
      if (gap.offset + gap.length <= start || gap.offset >= end) continue
      if (gap.offset > start) code.push({ rva: start, bytes: range.bytes.subarray(start, gap.offset) })
      start = gap.offset + gap.length
    }
    if (start < end) code.push({ rva: start, bytes: range.bytes.subarray(start, end) })
  }
  return { code, whole }
}
