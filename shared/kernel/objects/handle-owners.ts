import { mapParallel } from '../../bytes/parallel.ts'
import { pointerAt } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { isKernelAddress } from '../kernel-address.ts'
import type { Process } from '../processes.ts'
import { entriesPerPage, type HandleTable, openHandleTable, pageBytes, roomForTables } from './handle-tables.ts'
import { headerBytes, objectHeader, type TypeOfHeader } from './object-headers.ts'

/** What a process's handles lead to. Where only a part was looked at, the figures are those of all in proportion. */
export type HandleContents = {
  /** Handles in the pages that are in the dump. */
  readonly found: number
  /** How many of those were followed to their objects. */
  readonly followed: number
  /** By tag; `objects`: how many different ones they lead to; `ended`: handles whose thread has ended, null for other objects. */
  readonly types: ReadonlyMap<
    string,
    { readonly handles: number; readonly objects: number; readonly ended: number | null }
  >
  /** Handles whose object is not in the dump or of no known type. */
  readonly unknown: number
  /** Handles on pages of the table that are not in the dump or were not read; an estimate where the table does not count. */
  readonly unseen: number
}

/** A process and its handles. `handles` is null when its table is not in the dump or of no known layout. */
export type HandleOwner = {
  readonly pid: number
  readonly name: string
  readonly handles: number | null
  /** Null when the table was not gone through. */
  readonly contents: HandleContents | null
}

export type HandleOwners = {
  readonly owners: readonly HandleOwner[]
  /** Whether entries were found to lead to objects; else handles were counted only. */
  readonly followed: boolean
  /** Bytes of all tables' entries, and of those that were read. */
  readonly wantedBytes: number
  readonly readBytes: number
}

/** How many tables, the fullest first, are gone through; how many bytes of entries; how many handles are followed in one. */
const mostWalked = 24
const mostEntryBytes = 64 * 1024 * 1024
const mostFollowed = 4096

const parallelTables = 16
const parallelObjects = 32
const terminated = 4

/**
 * Counts the handles of processes, and follows those of the fullest tables to their objects. `typeOf` tells an object's
 * type from its header; without it handles are counted only. `threadState` is where KTHREAD says that it has ended.
 */
export const readHandleOwners = async (
  memory: VirtualMemory,
  build: number,
  processes: readonly Process[],
  typeOf: TypeOfHeader | null,
  threadState: number | null,
): Promise<HandleOwners> => {
  const room = roomForTables()
  const opened = await mapParallel(processes, parallelTables, async (process) => ({
    process,
    table:
      process.objectTable === null
        ? null
        : await openHandleTable(memory, build, process.objectTable, process.pid, room),
  }))
  const bySize = [...opened].sort((a, b) => size(b.table) - size(a.table))
  const decode = typeOf === null ? null : await learnEntryForm(memory, bySize, typeOf)
  let readBytes = 0
  const contents = new Map<Process, HandleContents>()
  for (const { process, table } of bySize.slice(0, mostWalked)) {
    if (table === null || decode === null || typeOf === null) continue
    const pages = table.pages.slice(0, Math.floor((mostEntryBytes - readBytes) / pageBytes))
    const objects = await objectsOf(memory, pages, decode)
    readBytes += objects.readBytes
    contents.set(process, {
      ...(await follow(memory, objects.headers, typeOf, threadState)),
      unseen: unseenHandles(memory, table, objects),
    })
  }
  return {
    owners: opened.map(({ process, table }) => owner(process, table, contents.get(process) ?? null)),
    followed: decode !== null,
    wantedBytes: opened.reduce((sum, { table }) => sum + (table?.pages.length ?? 0) * pageBytes, 0),
    readBytes,
  }
}

const size = (table: HandleTable | null): number => (table === null ? -1 : Math.max(table.pages.length, 1))

const owner = (
  { pid, name, objectTable, activeThreads }: Process,
  table: HandleTable | null,
  contents: HandleContents | null,
): HandleOwner => {
  // One that has ended keeps its EPROCESS while others refer to it, and its handles are closed.
  if (objectTable === null) return { pid, name, handles: activeThreads === 0 ? 0 : null, contents: null }
  // What was gone through is counted: the counter may be stale.
  const handles = contents === null ? (table?.handles ?? null) : contents.found + contents.unseen
  return { pid, name, handles, contents }
}

/** What the table says it has beyond what was found; where it does not, what the missing pages can hold. */
const unseenHandles = (
  { pointerBytes }: VirtualMemory,
  { handles, pages, lostUpperPages }: HandleTable,
  { headers, readBytes }: Entries,
): number => {
  const missing = pages.length - readBytes / pageBytes
  if (missing === 0 && lostUpperPages === 0) return 0
  return handles !== null && handles >= headers.length
    ? handles - headers.length
    : missing * (entriesPerPage(pointerBytes) - 1)
}

type Decode = (entry: bigint) => bigint

/** How an entry's first word holds its object's header, latest first (reference 11.5); the bits below are attributes. */
const entryForms: Readonly<Record<4 | 8, readonly Decode[]>> = {
  4: [(entry) => entry & 0xffff_fff8n],
  8: [
    (entry) => BigInt.asUintN(64, BigInt.asIntN(64, entry) >> 16n) & ~0xfn,
    (entry) => BigInt.asUintN(64, BigInt.asIntN(64, entry) >> 19n) & ~0xfn,
    (entry) => entry & ~0x7n,
  ],
}

const formSamples = 64
/** Of the entries tried, so many must lead to an object of a known type. */
const leadingSomewhere = 0.5

/** The form under which most entries of the first tables lead to objects; null when there is none. */
const learnEntryForm = async (
  memory: VirtualMemory,
  tables: readonly { readonly table: HandleTable | null }[],
  typeOf: TypeOfHeader,
): Promise<Decode | null> => {
  const entries: bigint[] = []
  for (const { table } of tables) {
    if (entries.length >= formSamples) break
    for (const page of table?.pages.slice(0, 4) ?? []) entries.push(...(await entriesOn(memory, page)))
  }
  const tried = everyNth(entries, formSamples)
  let best: { decode: Decode; hits: number } | null = null
  for (const decode of entryForms[memory.pointerBytes]) {
    const types = await mapParallel(tried, parallelObjects, (entry) => typeAt(memory, decode(entry), typeOf))
    const hits = types.filter((type) => type !== null).length
    if (hits >= tried.length * leadingSomewhere && hits > (best?.hits ?? 0)) best = { decode, hits }
  }
  return best?.decode ?? null
}

/** The first words of the entries in use on a page; the page's first entry is reserved. */
const entriesOn = async (memory: VirtualMemory, page: bigint): Promise<bigint[]> => {
  const { bytes, gaps } = await memory.read(page, pageBytes)
  if (gaps.length > 0) return []
  const entries: bigint[] = []
  const width = memory.pointerBytes
  for (let index = 1; index < entriesPerPage(width); index++) {
    const entry = pointerAt(bytes, index * 2 * width, width)
    if (entry !== 0n) entries.push(entry)
  }
  return entries
}

type Entries = { readonly headers: readonly bigint[]; readonly readBytes: number }

/** The headers that entries lead to, and how much of the table was there. */
const objectsOf = async (memory: VirtualMemory, pages: readonly bigint[], decode: Decode): Promise<Entries> => {
  const headers: bigint[] = []
  let readBytes = 0
  for (const page of pages) {
    const range = await memory.read(page, pageBytes)
    if (range.gaps.length > 0) continue
    readBytes += pageBytes
    const width = memory.pointerBytes
    for (let index = 1; index < entriesPerPage(width); index++) {
      const header = decode(pointerAt(range.bytes, index * 2 * width, width))
      // A free entry has no object; its other word leads to the next free one.
      if (isKernelAddress(header, width)) headers.push(header)
    }
  }
  return { headers, readBytes }
}

const follow = async (
  memory: VirtualMemory,
  headers: readonly bigint[],
  typeOf: TypeOfHeader,
  threadState: number | null,
): Promise<Omit<HandleContents, 'unseen'>> => {
  const tried = everyNth(headers, mostFollowed)
  const scale = tried.length === 0 ? 1 : headers.length / tried.length
  const found = await mapParallel(tried, parallelObjects, async (header) => {
    const type = await typeAt(memory, header, typeOf)
    if (type?.name !== 'Thread' || threadState === null) return { header, tag: type?.tag ?? null, ended: null }
    const state = await memory.read(header + BigInt(objectHeader[memory.pointerBytes].body + threadState), 1)
    return { header, tag: type.tag, ended: state.gaps.length > 0 ? null : state.bytes[0] === terminated }
  })
  const types = new Map<string, { handles: number; objects: Set<bigint>; ended: number | null }>()
  for (const { header, tag, ended } of found) {
    if (tag === null) continue
    const entry = types.get(tag) ?? { handles: 0, objects: new Set<bigint>(), ended: null }
    types.set(tag, {
      handles: entry.handles + 1,
      objects: entry.objects.add(header),
      ended: ended === null ? entry.ended : (entry.ended ?? 0) + (ended ? 1 : 0),
    })
  }
  const scaled = (count: number): number => Math.round(count * scale)
  return {
    found: headers.length,
    followed: tried.length,
    types: new Map(
      [...types].map(([tag, { handles, objects, ended }]) => [
        tag,
        { handles: scaled(handles), objects: scaled(objects.size), ended: ended === null ? null : scaled(ended) },
      ]),
    ),
    unknown: scaled(found.filter(({ tag }) => tag === null).length),
  }
}

const typeAt = async (memory: VirtualMemory, header: bigint, typeOf: TypeOfHeader) => {
  if (!isKernelAddress(header, memory.pointerBytes)) return null
  const { bytes, gaps } = await memory.read(header, headerBytes)
  return gaps.length > 0 ? null : typeOf(header, bytes)
}

/** At most so many of a list, evenly spread over it. */
const everyNth = <Item>(items: readonly Item[], most: number): Item[] => {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)])
}
