import { rangeFinder } from '../../memory/address-ranges.ts'
import { readPointer } from '../../memory/ranges.ts'
import { allocationPointers, type Range } from '../data-pointers.ts'
import { placeOf, type Variables } from '../reading.ts'
import type { Table } from './pool-table.ts'
import { plainKey } from './pool-tag.ts'
import { findTracker, mayBeginTracker, type TrackerTable } from './pool-tracker.ts'

/** The tracker of one session's pool, and the process it was read through; null is the crash's own. */
export type SessionTracker = { readonly tracker: TrackerTable; readonly process: string | null }

export type SessionPoolSearch = { readonly found: SessionTracker | null; readonly note: string }

/** Vista brought session pool a tracker of its own (reference 8.5, uncertain). */
const firstBuild = 6000
/** How much address space a session can have: one entry of the root table, on 32 bits a quarter of a gigabyte. */
const sessionBytes = { 4: 2n ** 28n, 8: 2n ** 39n } as const
/** Each costs a page or two, unless a table seems to begin there. */
const mostCandidates = 64
const pageBytes = 4096n

/**
 * Looks for a session's pool tracker: where symbols put it, else at every word of the kernel's writable data that leads
 * into session space and to no module there. What is there must be a tracker table by its content, its size known, and
 * none of the machine's own tables (`machine`), which hold their tags in the same rows.
 */
export const findSessionTracker = async (
  variables: Variables,
  ranges: readonly Range[],
  machine: Table,
): Promise<SessionPoolSearch> => {
  const { kernel } = variables
  if (kernel.build < firstBuild) return { found: null, note: 'Before Vista session pool has no tracker of its own.' }
  const space = await sessionSpace(variables)
  if (space === null) return { found: null, note: 'Where session space lies is not known.' }
  for (const address of await candidates(variables, ranges, space)) {
    const { memory, process } = await kernel.spaceOf(address)
    const query = { address, build: kernel.build }
    if (!(await mayBeginTracker(memory, query))) continue
    const { tracker } = await findTracker(memory, query)
    if (tracker !== null && tracker.sizedBy !== 'at-least' && !isMachines(tracker.table, machine))
      return {
        found: { tracker, process: process === null ? null : `${process.name} (${process.pid})` },
        note: `The tracker of one session's pool is at 0x${address.toString(16)}: ${tracker.evidence}`,
      }
  }
  return { found: null, note: 'No word of the kernel\u2019s data leads to a tracker table in session space.' }
}

/** Whether most rows hold the tag that the same row of the machine's table has: one processor's share of that. */
const isMachines = (table: Table, machine: Table): boolean => {
  if (table.address === machine.address) return true
  let [keyed, same] = [0, 0]
  for (let row = 0; row < Math.min(table.entries, machine.entries) - 1; row++) {
    const key = keyIn(table, row)
    if (key === 0) continue
    keyed++
    if (key === keyIn(machine, row)) same++
  }
  return same * 2 > keyed
}

const keyIn = (table: Table, row: number): number =>
  table.present[row] === 1 ? plainKey(table.view.getUint32(row * table.entryBytes, true)) : 0

/** From MmSessionBase, where the debugger data block has it, else around win32k; every process's lies there. */
const sessionSpace = async (variables: Variables): Promise<Range | null> => {
  const { kernel } = variables
  const width = kernel.memory.pointerBytes
  const place = placeOf(variables, 'MmSessionBase')
  const told = typeof place === 'string' ? null : await readPointer(kernel.memory, place.address)
  const win32k = kernel.modules.find(({ name }) => name !== null && /^win32k/i.test(name))
  const within = told === null || told === 0n ? win32k?.base : told
  if (within === undefined) return null
  return { address: within - (within % sessionBytes[width]), length: Number(sessionBytes[width]) }
}

/**
 * The words that may lead to a table, at most so many. A table of many pages most likely begins on one: those that lead
 * to a page's beginning come first.
 */
const candidates = async (variables: Variables, ranges: readonly Range[], space: Range): Promise<readonly bigint[]> => {
  const { kernel, resolveSymbol } = variables
  const symbol = resolveSymbol('ExpSessionPoolTrackTable')
  const named = symbol === null ? null : await readPointer(kernel.memory, symbol)
  const moduleAt = rangeFinder(kernel.modules)
  const aligned = new Set<bigint>()
  const others = new Set<bigint>()
  for (const range of ranges) {
    const { bytes } = await kernel.memory.read(range.address, range.length)
    for (const address of pointersInto(bytes, kernel.memory.pointerBytes, space)) {
      const found = onPage(address) ? aligned : others
      if (found.size < mostCandidates && !found.has(address) && moduleAt(address) === null) found.add(address)
    }
  }
  return [...(named === null ? [] : [named]), ...aligned, ...others].slice(0, mostCandidates)
}

const onPage = (address: bigint): boolean => address % pageBytes === 0n

function* pointersInto(bytes: Uint8Array, pointerBytes: 4 | 8, space: Range): Generator<bigint> {
  for (const { address } of allocationPointers(bytes, pointerBytes, pointerBytes, { address: 0n, length: 0 }))
    if (address >= space.address && address < space.address + BigInt(space.length)) yield address
}
