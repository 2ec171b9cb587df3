import type { Va } from '../words.ts'
import {
  type Access,
  demandZeroEntry,
  type Entry,
  hardwareEntry,
  pageFileEntry,
  prototypeEntry,
  tableEntry,
  transitionEntry,
} from './entries.ts'
import { type PagingMode, tableIndex } from './paging.ts'
import { type Frame, type Physical, pageBytes } from './physical.ts'

/** Why an address of the dump has no bytes, in the words of the truth file. */
export type Absence =
  | 'not-mapped'
  | 'paged-out'
  | 'demand-zero'
  | 'prototype'
  | 'table-absent'
  | 'not-in-dump'
  | 'beyond-end-of-file'

/** The kernel's half of virtual memory: maps pages, and fills those that have a frame. */
export type AddressSpace = {
  readonly mode: PagingMode
  /** What the header's DirectoryTableBase and CR3 say. */
  readonly directoryTableBase: number
  /** Maps a fresh page, or the frame given. */
  map(va: Va, access: Access, frame?: Frame): Frame
  /** Maps [va, va + bytes), rounded out to large pages, by large pages. */
  mapLarge(va: Va, bytes: number, access: Access): void
  /**
   * Maps one large page, or with `up` 2 one of the size above, to physical memory of which the dump holds the pages at
   * `stored` only; returns those.
   */
  mapLargePartly(va: Va, pfn: number, stored: readonly number[], up?: 1 | 2): Frame[]
  /** Mapped, and out of its working set: still in RAM. */
  transition(va: Va): Frame
  pagedOut(va: Va, pageFileOffset: number): void
  demandZero(va: Va): void
  /** A view of a file whose prototype PTE leads nowhere into memory. */
  prototype(va: Va, proto: Va, protoBase: Va): void
  /** A page that its prototype PTE leads to. `proto` must hold an entry for the frame. */
  throughPrototype(va: Va, proto: Va, protoBase: Va, frame: Frame): void
  /** The table of an address has gone to the page file, and with it everything it maps. */
  tablePagedOut(va: Va, pageFileOffset: number): void
  /** The table of an address has left the working set, and is still in RAM. */
  tableInTransition(va: Va): void
  /** Copies bytes to mapped memory; the range must be mapped. */
  write(va: Va, bytes: Uint8Array): void
  /** The page's frame, by virtual page number; undefined when absent. */
  frame(page: number): Frame | undefined
  /** The tables that map an address, root first, as far as there are any; a large page has none of the last level. */
  tablesOf(va: Va): readonly Frame[]
  /** Offset of an address's entry in its table of the last level. */
  entryOffset(va: Va): number
  /** Virtual page numbers with bytes, and those without with the reason, in the order they were made. */
  readonly present: ReadonlyMap<number, Frame>
  readonly absent: ReadonlyMap<number, Absence>
  /** A second root that shares every kernel table and sees itself: what another process's CR3 holds. */
  cloneRoot(): number
}

const put = (table: Frame, index: number, entry: Entry, mode: PagingMode, offset = 0): void => {
  table.bytes.writeUInt32LE(entry.low, offset + index * mode.entryBytes)
  if (mode.entryBytes === 8) table.bytes.writeUInt32LE(entry.high, offset + index * 8 + 4)
}

/** PAE root tables are 32 bytes anywhere below 4 GiB: each process has its own, so the low bits matter (reference 5.3). */
const paeRootOffset = 0x2a0

export const createAddressSpace = (mode: PagingMode, physical: Physical): AddressSpace => {
  const { levels } = mode
  const last = levels.length - 1
  const pae = mode.name === 'x86-pae'
  const rootOffset = pae ? paeRootOffset : 0
  // PAE's root register has 32 bits.
  const root = pae ? physical.allocateLow() : physical.allocate()
  /** Tables by the address bits above the level's own span. */
  const tables: Map<number, Frame>[] = levels.map(() => new Map())
  tables[0].set(0, root)
  const present = new Map<number, Frame>()
  const absent = new Map<number, Absence>()

  const indexAt = (va: Va, level: number): number => tableIndex(va, levels[level])
  const spanAt = (level: number): number => 2 ** (levels[level].shift + levels[level].bits)

  /** The table of a level that covers an address; made, and entered in its parent, on first use. */
  const tableAt = (va: Va, level: number): Frame => {
    const key = level === 0 ? 0 : Math.floor(va / spanAt(level))
    const known = tables[level].get(key)
    if (known !== undefined) return known
    const parent = tableAt(va, level - 1)
    const table = physical.allocate()
    tables[level].set(key, table)
    put(parent, indexAt(va, level - 1), tableEntry(mode, level - 1, table.pfn), mode, level === 1 ? rootOffset : 0)
    return table
  }

  const setEntry = (va: Va, entry: Entry): void => put(tableAt(va, last), indexAt(va, last), entry, mode)

  const map = (va: Va, access: Access, frame = physical.allocate()): Frame => {
    setEntry(va, hardwareEntry(mode, frame.pfn, access))
    present.set(va / pageBytes, frame)
    return frame
  }

  /** PAE: the fourth directory's first four entries are the four directories. */
  const selfMapPae = (directories: readonly Frame[]): void => {
    for (const [index, directory] of directories.entries())
      put(directories[3], index, tableEntry(mode, 1, directory.pfn), mode)
  }
  const paeDirectories = (): Frame[] => [0, 1, 2, 3].map((quarter) => tableAt(quarter * 2 ** 30, 1))

  if (pae) selfMapPae(paeDirectories())
  else put(root, mode.selfIndex, tableEntry(mode, 0, root.pfn), mode)

  const cloneRoot = (): number => {
    const copy = pae ? physical.allocateLow() : physical.allocate()
    root.bytes.copy(copy.bytes)
    if (!pae) {
      put(copy, mode.selfIndex, tableEntry(mode, 0, copy.pfn), mode)
      return copy.pfn * pageBytes
    }
    const directories = paeDirectories().map((original) => {
      const own = physical.allocate()
      original.bytes.copy(own.bytes)
      return own
    })
    selfMapPae(directories)
    for (const [index, directory] of directories.entries())
      put(copy, index, tableEntry(mode, 0, directory.pfn), mode, rootOffset)
    return copy.pfn * pageBytes + rootOffset
  }

  return {
    mode,
    directoryTableBase: root.pfn * pageBytes + rootOffset,
    map,
    mapLarge: (va, bytes, access) => {
      const largeBytes = mode.largePages * pageBytes
      for (let at = Math.floor(va / largeBytes) * largeBytes; at < va + bytes; at += largeBytes) {
        const frames = physical.large(mode.largePages)
        put(tableAt(at, last - 1), indexAt(at, last - 1), hardwareEntry(mode, frames[0].pfn, access, true), mode)
        for (const [index, frame] of frames.entries()) present.set(at / pageBytes + index, frame)
      }
    },
    mapLargePartly: (va, pfn, stored, up = 1) => {
      const entry = hardwareEntry(mode, pfn, { writable: true, executable: false }, true)
      put(tableAt(va, last - up), indexAt(va, last - up), entry, mode)
      // Of a page of the size above only the first part is told of: it would be a quarter of a million pages.
      for (let index = 0; index < mode.largePages * (up === 1 ? 1 : 16); index++)
        absent.set(va / pageBytes + index, 'not-in-dump')
      return stored.map((index) => {
        const frame = physical.at(pfn + index)
        absent.delete(va / pageBytes + index)
        present.set(va / pageBytes + index, frame)
        return frame
      })
    },
    transition: (va) => {
      const frame = physical.allocate()
      setEntry(va, transitionEntry(mode, frame.pfn))
      present.set(va / pageBytes, frame)
      return frame
    },
    pagedOut: (va, pageFileOffset) => {
      setEntry(va, pageFileEntry(mode, pageFileOffset))
      absent.set(va / pageBytes, 'paged-out')
    },
    demandZero: (va) => {
      setEntry(va, demandZeroEntry(mode))
      absent.set(va / pageBytes, 'demand-zero')
    },
    prototype: (va, proto, protoBase) => {
      setEntry(va, prototypeEntry(mode, proto, protoBase))
      absent.set(va / pageBytes, 'prototype')
    },
    throughPrototype: (va, proto, protoBase, frame) => {
      setEntry(va, prototypeEntry(mode, proto, protoBase))
      present.set(va / pageBytes, frame)
    },
    tablePagedOut: (va, pageFileOffset) => {
      put(tableAt(va, last - 1), indexAt(va, last - 1), pageFileEntry(mode, pageFileOffset), mode)
      const first = va / pageBytes - ((va / pageBytes) % mode.largePages)
      for (let index = 0; index < mode.largePages; index++) absent.set(first + index, 'table-absent')
    },
    tableInTransition: (va) => {
      const table = tableAt(va, last)
      put(tableAt(va, last - 1), indexAt(va, last - 1), transitionEntry(mode, table.pfn), mode)
    },
    write: (va, bytes) => {
      for (let done = 0; done < bytes.length; ) {
        const at = va + done
        const frame = present.get(Math.floor(at / pageBytes))
        if (frame === undefined) throw new Error(`The forge writes to unmapped address ${at.toString(16)}.`)
        const offset = at % pageBytes
        const count = Math.min(pageBytes - offset, bytes.length - done)
        frame.bytes.set(bytes.subarray(done, done + count), offset)
        done += count
      }
    },
    frame: (page) => present.get(page),
    tablesOf: (va) =>
      levels
        .map((_, level) => tables[level].get(level === 0 ? 0 : Math.floor(va / spanAt(level))))
        .filter((table) => table !== undefined),
    entryOffset: (va) => indexAt(va, last) * mode.entryBytes,
    present,
    absent,
    cloneRoot,
  }
}
