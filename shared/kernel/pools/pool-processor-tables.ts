import { viewOf } from '../../bytes/view.ts'
import { readPointer } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { allocationPointers, type Range } from '../data-pointers.ts'
import { isKernelAddress } from '../kernel-address.ts'
import type { Table } from './pool-table.ts'
import { plainKey } from './pool-tag.ts'

/** Where the per-processor trackers are. `tables` are distinct and validated; some may turn out partly absent. */
export type ProcessorTables = {
  readonly tables: readonly bigint[]
  /** Slots of the array that point at something absent from the dump, counted up to the number of processors. */
  readonly absent: number
  /** A full sentence: how they were found, or why they were not. */
  readonly note: string
  readonly found: boolean
}

export type ProcessorTableQuery = {
  readonly tracker: Table
  /** Address of the variable PoolTrackTable: it points at the tracker too and is no part of the array. */
  readonly variable: bigint | null
  /** How many processors the dump's header names; null when it does not. */
  readonly processors: number | null
  /** The kernel's writable sections, where the array must be. */
  readonly ranges: readonly Range[]
  /** The kernel image as a whole: tables are allocated, never inside it. */
  readonly image: Range
  /** Address of ExPoolTagTables, where symbols give it. */
  readonly array?: bigint | null
}

/** Slots of ExPoolTagTables on the builds that have most (reference 8.5). */
export const mostProcessors = 2048
/** How many distinct pointers are followed at most, and words asked about, so that a hostile or huge data section costs little. */
const mostProbes = 4096
const mostWords = 2 ** 20
/**
 * The array has a pointer for every processor, one after another, so shorter runs are not followed; but a header may name
 * more processors than there were, so no more than four are asked for.
 */
const shortestRun = 4
/** Each equal key is one chance in 2^32: three, with none that differs, are no accident. */
const fewestEqualKeys = 3

/**
 * Finds ExPoolTagTables (reference 8.5, 8.6): in the kernel's writable data a sequence of pointers, each to a table whose
 * rows carry the same keys as PoolTrackTable. On Server 2003 the first is PoolTrackTable itself; recent builds give each
 * processor its own. Tables are allocated by whole pages on all but the newest builds, so page-aligned pointers are tried
 * first. Two different such sequences mean that neither is understood, and none is used.
 */
export const findProcessorTables = async (
  memory: VirtualMemory,
  query: ProcessorTableQuery,
): Promise<ProcessorTables> => {
  const probe = keyProbe(memory, query.tracker)
  if (query.array != null) {
    const given = await fromArray(memory, query, query.array, probe)
    if (given.found) return given
  }
  let exhausted = false
  for (const alignment of [4096, memory.pointerBytes]) {
    const arrays: Candidate[] = []
    for (const range of query.ranges) {
      const { bytes } = await memory.read(range.address, range.length)
      for (const run of pointerRuns(range.address, bytes, memory.pointerBytes, alignment, query)) {
        if (run.length < Math.min(query.processors ?? 1, shortestRun)) continue
        if (probe.isSpent()) {
          exhausted = true
          break
        }
        for (const found of await arraysIn(run, probe, query)) arrays.push(found)
      }
    }
    const chosen = decide(arrays, query)
    if (chosen !== null) return chosen
  }
  return notFound(
    exhausted
      ? 'the search stopped, for there were too many pointers to follow'
      : 'no sequence of pointers to tables with the same tags stands in the kernel\u2019s readable data',
  )
}

const notFound = (why: string): ProcessorTables => ({
  tables: [],
  absent: 0,
  found: false,
  note: `The per-processor tables were not found: ${why}.`,
})

type Outcome = 'same' | 'different' | 'absent'
type Probe = { of: (address: bigint) => Promise<Outcome>; isSpent: () => boolean }

/** Compares keys at up to 24 rows spread over the tracker's tags; each address is followed once. */
const keyProbe = (memory: VirtualMemory, tracker: Table): Probe => {
  const keyed: number[] = []
  for (let row = 0; row < tracker.entries - 1; row++)
    if (tracker.present[row] === 1 && tracker.view.getUint32(row * tracker.entryBytes, true) !== 0) keyed.push(row)
  const samples = Math.min(24, keyed.length)
  const rows = Array.from({ length: samples }, (_, index) => keyed[Math.floor((index * keyed.length) / samples)])
  const known = new Map<bigint, Outcome>([[tracker.address, 'same']])
  let words = 0

  const follow = async (address: bigint): Promise<Outcome> => {
    let read = 0
    let equal = 0
    for (const row of rows) {
      const offset = row * tracker.entryBytes
      const { bytes, gaps } = await memory.read(address + BigInt(offset), 4)
      if (gaps.length > 0) continue
      read++
      const key = plainKey(viewOf(bytes).getUint32(0, true))
      if (key === plainKey(tracker.view.getUint32(offset, true))) equal++
      // A row this processor has not used yet may be empty; another tag in it cannot be.
      else if (key !== 0) return 'different'
    }
    if (equal >= fewestEqualKeys) return 'same'
    return read * 2 < rows.length ? 'absent' : 'different'
  }

  return {
    of: async (address) => {
      words++
      const earlier = known.get(address)
      if (earlier !== undefined) return earlier
      const outcome = await follow(address)
      known.set(address, outcome)
      return outcome
    },
    isSpent: () => known.size > mostProbes || words >= mostWords,
  }
}

/** Consecutive words that could each point at a table. */
function* pointerRuns(
  start: bigint,
  bytes: Uint8Array,
  pointerBytes: 4 | 8,
  alignment: number,
  { image, variable }: ProcessorTableQuery,
): Generator<bigint[]> {
  const variableOffset = variable === null ? -1 : Number(variable - start)
  let run: bigint[] = []
  let next = 0
  for (const { offset, address } of allocationPointers(bytes, pointerBytes, alignment, image)) {
    if (offset === variableOffset) continue
    if (offset !== next && run.length > 0) {
      yield run
      run = []
    }
    run.push(address)
    next = offset + pointerBytes
  }
  if (run.length > 0) yield run
}

type Candidate = { readonly tables: readonly bigint[]; readonly absent: number }

/**
 * The arrays within one run of pointers: from a slot that points at a table with the same keys, over slots of the same
 * kind, tolerating ones that point at memory absent from the dump, up to the number of processors.
 */
const arraysIn = async (run: readonly bigint[], probe: Probe, query: ProcessorTableQuery): Promise<Candidate[]> => {
  const slots = Math.min(query.processors ?? mostProcessors, mostProcessors)
  const found: Candidate[] = []
  let tables: bigint[] = []
  let absent = 0
  const close = () => {
    const distinct = [...new Set(tables)]
    if (distinct.length > 0) found.push({ tables: distinct, absent })
    tables = []
    absent = 0
  }
  for (const address of run) {
    if (probe.isSpent()) break
    const outcome = await probe.of(address)
    if (outcome === 'same' && tables.length < mostProcessors) tables.push(address)
    else if (outcome === 'absent' && tables.length > 0 && tables.length + absent < slots) absent++
    else close()
  }
  close()
  return found
}

/** The one array that explains all: every other candidate holds no table that it does not. */
const decide = (arrays: readonly Candidate[], query: ProcessorTableQuery): ProcessorTables | null => {
  const isTracker = (address: bigint) => address === query.tracker.address
  // A lone pointer to PoolTrackTable is no array: several variables may hold it.
  const real = arrays.filter(({ tables }) => !tables.every(isTracker))
  if (real.length === 0) return null
  const largest = real.reduce((a, b) => (b.tables.length > a.tables.length ? b : a))
  const held = new Set(largest.tables)
  if (!real.every(({ tables }) => tables.every((address) => held.has(address))))
    return notFound('two different sequences of pointers fit')
  const missing = query.processors === null ? largest.absent : query.processors - largest.tables.length
  return {
    tables: largest.tables,
    absent: Math.max(0, Math.min(largest.absent, missing)),
    found: true,
    note: `${largest.tables.length} per-processor tables were found by comparing their keys with PoolTrackTable\u2019s.`,
  }
}

/** ExPoolTagTables by its symbol: slots until the first empty one. Null slots end it, so its length needs no symbol. */
const fromArray = async (
  memory: VirtualMemory,
  query: ProcessorTableQuery,
  array: bigint,
  probe: Probe,
): Promise<ProcessorTables> => {
  const tables = new Set<bigint>()
  let absent = 0
  const most = Math.min(query.processors ?? mostProcessors, mostProcessors)
  for (let slot = 0; slot < most; slot++) {
    const address = await readPointer(memory, array + BigInt(slot * memory.pointerBytes))
    if (address === null || !isKernelAddress(address, memory.pointerBytes)) break
    const outcome = await probe.of(address)
    if (outcome === 'same') tables.add(address)
    else if (outcome === 'absent') absent++
    else
      return notFound(
        'the array the symbol ExPoolTagTables names holds other tables: the symbols may be another build\u2019s',
      )
  }
  if (tables.size === 0) return notFound('the array the symbol ExPoolTagTables names holds no readable table')
  return { tables: [...tables], absent, found: true, note: `${tables.size} per-processor tables by ExPoolTagTables.` }
}
