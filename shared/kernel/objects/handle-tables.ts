import { viewOf } from '../../bytes/view.ts'
import { isPresent, pointerAt } from '../../memory/ranges.ts'
import type { VirtualMemory, VirtualRange } from '../../memory/virtual-memory.ts'
import { isKernelAddress } from '../kernel-address.ts'

/** Change with every change of a row: analyses record it. */
export const handleTablesVersion = '2'

type Layout = {
  readonly pointerBytes: 4 | 8
  readonly fromBuild: number
  readonly tableCode: number
  readonly pid: number
  readonly count: number
  /** From Windows 8 on each free list counts its own handles, the next one `stride` further on. */
  readonly stride: number | null
}

const row = (
  pointerBytes: 4 | 8,
  fromBuild: number,
  [tableCode, pid, count]: readonly [number, number, number],
  stride: number | null = null,
): Layout => ({ pointerBytes, fromBuild, tableCode, pid, count, stride })

/** HANDLE_TABLE (reference 11.5), by first build. */
const layouts: readonly Layout[] = [
  row(4, 2600, [0, 0x8, 0x3c]),
  row(4, 6000, [0, 0x8, 0x30]),
  row(4, 9200, [0x8, 0x18, 0x34], 0x34),
  row(4, 14393, [0x8, 0x18, 0x4c], 0x40),
  row(8, 3790, [0, 0x10, 0x68]),
  row(8, 6000, [0, 0x10, 0x58]),
  row(8, 9200, [0x8, 0x28, 0x58], 0x40),
]

/** A process's table: which pages its entries are on, and how many handles it says it has. */
export type HandleTable = {
  readonly handles: number | null
  /** Ascending as handles go. Those that are not in the dump are among them. */
  readonly pages: readonly bigint[]
  /** Pages of pointers to other pages that are not in the dump: entries may be missing altogether. */
  readonly lostUpperPages: number
}

export const pageBytes = 4096
/** A process cannot have more: three levels of tables hold 2^24. */
const maxHandles = 2 ** 24
/** On big machines a table has several free lists (reference 11.5, uncertain); never more than processors. */
const mostFreeLists = 64
/** Which level of tables the low bits of TableCode name. */
const levelMask = 3n
const codeMask = 7n

/** How many more pages of tables, of whichever process, are gone through or listed. It shrinks as tables are opened. */
export type TableRoom = { pages: number }

/** Twice what one process can have: machines have less in all processes together. */
export const roomForTables = (): TableRoom => ({ pages: 2 ** 17 })

/**
 * Opens the handle table of a process. Null when it is not in the dump, or says itself that it is not this process's under
 * every layout that may be this build's, or there is no room left for it.
 */
export const openHandleTable = async (
  memory: VirtualMemory,
  build: number,
  address: bigint,
  owner: number,
  room: TableRoom = roomForTables(),
): Promise<HandleTable | null> => {
  const known = layouts.filter(({ pointerBytes }) => pointerBytes === memory.pointerBytes)
  const likeliest = known.findLast(({ fromBuild }) => build >= fromBuild) ?? known[0]
  const range = await memory.read(address, largestTable(likeliest))
  for (const layout of [likeliest, ...known.filter((other) => other !== likeliest)]) {
    const { tableCode, pid } = layout
    const width = memory.pointerBytes
    if (!isPresent(range, pid, width) || !isPresent(range, tableCode, width)) continue
    if (pointerAt(range.bytes, pid, width) !== BigInt(owner)) continue
    const code = pointerAt(range.bytes, tableCode, width)
    const root = code & ~codeMask
    const level = Number(code & levelMask)
    if (!isKernelAddress(root, width) || root % BigInt(pageBytes) !== 0n || level > 2) continue
    const { pages, lost } = await entryPages(memory, root, level, room)
    if (room.pages <= 0) return null
    const capacity = pages.length * entriesPerPage(width)
    return { handles: handleCount(range, layout, capacity, lost > 0), pages, lostUpperPages: lost }
  }
  return null
}

const largestTable = ({ count, stride }: Layout): number => (stride === null ? 0x80 : count + mostFreeLists * stride)

/** Two words an entry (reference 11.5). */
export const entriesPerPage = (pointerBytes: 4 | 8): number => pageBytes / (2 * pointerBytes)

/** The pages of entries below a root of 0, 1 or 2 levels of pointers: none twice, and no more than handles there can be. */
const entryPages = async (
  memory: VirtualMemory,
  root: bigint,
  level: number,
  room: TableRoom,
): Promise<{ pages: bigint[]; lost: number }> => {
  room.pages--
  const mostPages = maxHandles / entriesPerPage(memory.pointerBytes)
  const seen = new Set([root])
  let pages = [root]
  let lost = 0
  for (let depth = 0; depth < level; depth++) {
    const below: bigint[] = []
    for (const page of pages) {
      if (room.pages <= 0) break
      const range = await memory.read(page, pageBytes)
      if (range.gaps.length > 0) {
        lost++
        continue
      }
      for (let at = 0; at < pageBytes && below.length < mostPages; at += memory.pointerBytes) {
        const child = pointerAt(range.bytes, at, memory.pointerBytes)
        // Tables fill from their beginning: nothing follows an empty place.
        if (!isKernelAddress(child, memory.pointerBytes) || child % BigInt(pageBytes) !== 0n) break
        if (seen.has(child)) continue
        seen.add(child)
        below.push(child)
        room.pages--
      }
    }
    pages = below
  }
  return { pages, lost }
}

/**
 * The count, or the sum over free lists: as many as follow each other that count no more than they ever did, together no
 * more than there are entries. Null for a number that cannot be.
 */
const handleCount = (range: VirtualRange, layout: Layout, capacity: number, incomplete: boolean): number | null => {
  const view = viewOf(range.bytes)
  const most = incomplete ? maxHandles : Math.min(maxHandles, capacity)
  const { count, stride, pointerBytes } = layout
  if (!isPresent(range, count, 4)) return null
  const first = view.getInt32(count, true)
  if (first < 0 || first > most) return null
  if (stride === null) return first
  let sum = first
  for (let list = 1; list < mostFreeLists; list++) {
    const at = count + list * stride
    // The lock before a list's two pointers is free or held, never a number (and never the next block's header).
    const lock = at - 3 * pointerBytes
    if (!isPresent(range, lock, 3 * pointerBytes + 8) || pointerAt(range.bytes, lock, pointerBytes) > 1n) break
    const [handles, highest] = [view.getInt32(at, true), view.getUint32(at + 4, true)]
    if (highest === 0 || highest > maxHandles || Math.abs(handles) > highest || sum + handles > most) break
    if (![1, 2].every((word) => isListEnd(pointerAt(range.bytes, lock + word * pointerBytes, pointerBytes), layout)))
      break
    sum += handles
  }
  return Math.max(0, sum)
}

const isListEnd = (pointer: bigint, { pointerBytes }: Layout): boolean =>
  pointer === 0n || isKernelAddress(pointer, pointerBytes)
