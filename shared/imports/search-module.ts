import type { Allocator, Importer, ImporterKind } from '../analysis/importer.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { CodeReading } from '../analysis/tag-use.ts'
import type { Image } from '../image/image.ts'
import { readImage } from '../image/read-image.ts'
import type { Range } from '../kernel/data-pointers.ts'
import { absentBytes, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'
import { allocatorName, routinesMaking, takesTag, untaggedTag } from './allocators.ts'
import { countCallSites } from './call-sites.ts'
import { classify, type SlotRange, shortestImportRun } from './classify.ts'
import { type Code, codeOf, type InstructionSet } from './code.ts'
import type { ExportIndex } from './export-index.ts'
import { type ImportLinks, importLinks } from './import-links.ts'
import { declaredSlots, type TableReading, tableReading } from './import-tables.ts'
import type { SearchedModule } from './modules.ts'
import { findPointers, type PointerHit } from './pointer-search.ts'
import { findRoutineName } from './routine-names.ts'
import type { Callees } from './tag-constants.ts'
import { type ModuleTags, tagUses } from './tag-uses.ts'

/** A driver has one slot an allocator; more words than this in one module are somebody's table of pointers. */
const maxHitsPerAllocator = 64

/** What is looked for in every module. */
export type Wanted = {
  readonly allocators: readonly Allocator[]
  /** Where blocks are released with a tag; null when that is not known. */
  readonly release: bigint | null
  /** Tags, as keys without the protected bit. */
  readonly tags: readonly number[]
  /** The parts of the kernel that hold Driver Verifier's routines. */
  readonly verifier: readonly Range[]
}

/** What is left of how much is listed and looked at, all modules together. It shrinks as modules are searched. */
export type Room = { words: number; tagHits: number; slots: number }

/** Many times what is found on any machine: hundreds of drivers with a handful of words and tags each, and some hundred slots. */
export const roomForAll = (): Room => ({ words: 32_768, tagHits: 2 ** 18, slots: 2 ** 18 })

/** Nobody imports more than a few thousand routines; what says it has more is searched no further for links. */
const mostSlots = 16_384

export type ModuleSearch = {
  readonly module: SearchedModule
  readonly readBytes: number
  readonly table: TableReading
  readonly links: ImportLinks
  readonly code: CodeReading
  readonly importers: readonly Importer[]
  /** Routines without a tag that it may fetch at run time: it holds their names as texts. */
  readonly asks: readonly NamedRoutine[]
  readonly tags: ModuleTags
  /** True when the module holds more such words, or more places of a tag, than were looked at. */
  readonly more: boolean
}

/** An allocation routine, and where the text of its name stands. */
export type NamedRoutine = { readonly allocator: string; readonly address: string }

/** What a count of call sites depends on besides the bytes. */
export type CallSiteRules = {
  /** Null where instructions are neither x86 nor x64 nor ARM64. */
  readonly instructions: InstructionSet | null
  /** Windows rewrites calls through import slots when it loads a driver, so that none found proves nothing (reference 7.6). */
  readonly rewritten: boolean
}

/**
 * Searches one module, read once, for the allocators' addresses and for tags. Says of each word found what it is, and of
 * each tag how the module holds it.
 */
export const searchModule = async (
  memory: VirtualMemory,
  module: SearchedModule,
  { allocators, release, tags: keys, verifier }: Wanted,
  index: ExportIndex,
  rules: CallSiteRules,
  room: Room = roomForAll(),
): Promise<ModuleSearch> => {
  const range = await memory.read(module.base, module.bytes)
  const readBytes = module.bytes - absentBytes(range.gaps)
  const image = readBytes === 0 ? null : await readImage(memory, module.base)
  const declared = image === null ? null : await declaredSlots(memory, image, range)
  const most = Math.min(mostSlots, room.slots)
  const links = await importLinks(module, range, declared?.slots ?? [], memory.pointerBytes, index, verifier, most)
  room.slots -= links.followed
  const read = tableReading(range, image, declared)
  // What Driver Verifier's routines stand for is not known: any of them may be an allocator.
  const table = links.verified && read === 'read' ? 'partly' : read
  const code = codeOf(range, image)
  // A wrapper's own module points to it as it points to any routine of its own; the kernel's pointers are told as such.
  const isOwn = (address: bigint): boolean => address >= module.base && address < module.base + BigInt(module.size)
  const targets = allocators.map(({ address }) => BigInt(address)).filter((address) => module.kernel || !isOwn(address))
  const found = findPointers(range.bytes, memory.pointerBytes, targets, maxHitsPerAllocator)
  const hits = found.hits.slice(0, room.words)
  room.words -= hits.length
  const callees = calleesIn(range, memory.pointerBytes, module, hits, allocators, release)
  const tags = tagUses(range, module, code, rules.instructions, keys, callees, room.tagHits)
  room.tagHits -= tags.hits
  const more = found.more || hits.length < found.hits.length || tags.more || room.slots === 0
  const asks = module.kernel ? [] : namedRoutines(range)
  const { wantedBytes, readBytes: readCode } = code
  const searched = { module, readBytes, table, links, asks, code: { wantedBytes, readBytes: readCode }, tags }
  if (hits.length === 0) return { ...searched, importers: [], more }

  const slots = declared?.slots ?? []
  const callSites = module.kernel ? () => null : callSiteCounter(module.base, image, code, slots, hits, rules)
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
  return { ...searched, importers, more }
}

const namedRoutines = (range: VirtualRange): NamedRoutine[] =>
  routinesMaking(untaggedTag).flatMap((routine) => {
    const address = findRoutineName(range, routine.name)
    return address === null ? [] : [{ allocator: allocatorName(routine), address }]
  })

/** What calls in this module lead to: through its words that hold a routine's address, and directly. */
const calleesIn = (
  range: VirtualRange,
  pointerBytes: 4 | 8,
  module: SearchedModule,
  hits: readonly PointerHit[],
  allocators: readonly Allocator[],
  release: bigint | null,
): Callees => {
  const slots = new Map<number, 'allocating' | 'releasing'>()
  const routines = new Map<number, 'allocating' | 'releasing'>()
  const tagged = new Set(allocators.filter(({ name }) => takesTag(name)).map(({ address }) => BigInt(address)))
  for (const { offset, target } of hits) if (tagged.has(target)) slots.set(offset, 'allocating')
  for (const address of tagged) routines.set(Number(address - module.base), 'allocating')
  if (release !== null) {
    const releases = findPointers(range.bytes, pointerBytes, [release], maxHitsPerAllocator)
    for (const { offset } of releases.hits) slots.set(offset, 'releasing')
    routines.set(Number(release - module.base), 'releasing')
  }
  return { slots, routines }
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
 * How many instructions use the slot at an offset. Null when that cannot be told: no headers, instructions of another
 * machine, code absent, calls rewritten, or code in which no slot of the table is used (packed, or not there).
 */
const callSiteCounter = (
  base: bigint,
  image: Image | null,
  code: Code,
  slots: readonly SlotRange[],
  hits: readonly PointerHit[],
  { instructions, rewritten }: CallSiteRules,
): ((offset: number, kind: ImporterKind) => number | null) => {
  if (image === null || instructions === null) return () => null
  const byRoutine = new Map(hits.map(({ offset, target }) => [Number(target - base), offset]))
  const offsets = new Set(hits.map((hit) => hit.offset))
  const isDeclared = withinAny(slots)
  const inTable = (rva: number): boolean => offsets.has(rva) || isDeclared(rva)
  const counts = countCallSites(code.ranges, base, instructions, { inTable, byRoutine })
  const noneMeansNone = counts.size > 0 && code.readBytes === code.wantedBytes && !rewritten
  return (offset, kind) => counts.get(offset) ?? (noneMeansNone && tableKinds.has(kind) ? 0 : null)
}

/** Whether an RVA lies in one of the ranges, which may overlap: asked at every instruction that could use a slot. */
const withinAny = (ranges: readonly SlotRange[]): ((rva: number) => boolean) => {
  const merged: { start: number; end: number }[] = []
  for (const { rva, size } of ranges.toSorted((a, b) => a.rva - b.rva)) {
    const last = merged.at(-1)
    if (last !== undefined && rva <= last.end) last.end = Math.max(last.end, rva + size)
    else merged.push({ start: rva, end: rva + size })
  }
  return (rva) => {
    let low = 0
    let high = merged.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (merged[middle].start <= rva) low = middle + 1
      else high = middle
    }
    return low > 0 && rva < merged[low - 1].end
  }
}
