import { mapParallel } from '../bytes/parallel.ts'
import { viewOf } from '../bytes/view.ts'
import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Process } from './processes.ts'

/** How many handles a process has open; null when its handle table is not in the dump or of no known layout. */
export type HandleCount = { readonly pid: number; readonly name: string; readonly handles: number | null }

/** Change with every change of a row: analyses record it. */
export const handleTablesVersion = '1'

type Layout = {
  readonly fromBuild: number
  readonly beforeBuild: number
  readonly pointerBytes: 4 | 8
  readonly pid: number
  /** Of the count; from Windows 8 on it is that of the first free list, and most tables have one list (reference 11.5). */
  readonly count: number
}

/** HANDLE_TABLE (reference 11.5). */
const layouts: readonly Layout[] = [
  { pointerBytes: 4, fromBuild: 2600, beforeBuild: 6000, pid: 0x8, count: 0x3c },
  { pointerBytes: 4, fromBuild: 6000, beforeBuild: 9200, pid: 0x8, count: 0x30 },
  { pointerBytes: 4, fromBuild: 9200, beforeBuild: 14393, pid: 0x18, count: 0x34 },
  { pointerBytes: 4, fromBuild: 14393, beforeBuild: 22000, pid: 0x18, count: 0x4c },
  { pointerBytes: 8, fromBuild: 3790, beforeBuild: 6000, pid: 0x10, count: 0x68 },
  { pointerBytes: 8, fromBuild: 6000, beforeBuild: 9200, pid: 0x10, count: 0x58 },
  { pointerBytes: 8, fromBuild: 9200, beforeBuild: Number.POSITIVE_INFINITY, pid: 0x28, count: 0x58 },
]

const tableBytes = 0x80
/** A process cannot have more: three levels of tables hold 2^24. */
const maxHandles = 2 ** 24
const parallelTables = 16

/** The handle counts of processes. A table counts only where it says itself whose it is. */
export const readHandleCounts = async (
  memory: VirtualMemory,
  build: number,
  processes: readonly Process[],
): Promise<HandleCount[]> => {
  const layout = layouts.find(
    ({ fromBuild, beforeBuild, pointerBytes }) =>
      pointerBytes === memory.pointerBytes && build >= fromBuild && build < beforeBuild,
  )
  return mapParallel(processes, parallelTables, async ({ pid, name, objectTable, activeThreads }) => {
    // One that has ended keeps its EPROCESS while others refer to it, and its handles are closed.
    if (objectTable === null) return { pid, name, handles: activeThreads === 0 ? 0 : null }
    return { pid, name, handles: layout === undefined ? null : await countIn(memory, layout, objectTable, pid) }
  })
}

const countIn = async (
  memory: VirtualMemory,
  { pid, count }: Layout,
  table: bigint,
  owner: number,
): Promise<number | null> => {
  const range = await memory.read(table, tableBytes)
  if (!isPresent(range, pid, memory.pointerBytes) || !isPresent(range, count, 4)) return null
  if (pointerAt(range.bytes, pid, memory.pointerBytes) !== BigInt(owner)) return null
  const handles = viewOf(range.bytes).getUint32(count, true)
  return handles <= maxHandles ? handles : null
}
