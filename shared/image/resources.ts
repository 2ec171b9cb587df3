import { viewOf } from '../bytes/view.ts'
import { readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { directoryIndex, type Image } from './image.ts'

/** A table of one level: its head, then entries, those with names first (PE specification, resource directory). */
const head = { bytes: 0x10, named: 0xc, numbered: 0xe }
const entryBytes = 8
const dataEntryBytes = 0x10
/** No driver has as many types, names or languages; a table that claims more is read so far. */
const maxEntries = 256
/** Set in an entry's offset when it leads to another table. */
const leadsToTable = 0x8000_0000
/** Type, name, language: what is nested deeper is no resource. */
const levels = 3

/**
 * The bytes of the first resource of a type, whatever its name and language; null when the image has none, or a page
 * on the way to it is absent, or it is larger than `limit`.
 */
export const readFirstResource = async (
  memory: VirtualMemory,
  image: Image,
  type: number,
  limit: number,
): Promise<Uint8Array | null> => {
  const directory = image.directories[directoryIndex.resource]
  if (directory.rva === 0) return null
  /** Offsets of tables and data entries count from the directory, those of data from the image. */
  const readAt = async (rva: number, length: number): Promise<Uint8Array | null> =>
    rva + length > image.sizeOfImage ? null : readWhole(memory, image.base + BigInt(rva), length)

  let table = 0
  for (let level = 0; level < levels; level++) {
    const counts = await readAt(directory.rva + table, head.bytes)
    if (counts === null) return null
    const named = viewOf(counts).getUint16(head.named, true)
    const count = Math.min(named + viewOf(counts).getUint16(head.numbered, true), maxEntries)
    const entries = await readAt(directory.rva + table + head.bytes, count * entryBytes)
    if (entries === null) return null
    const view = viewOf(entries)
    const index = level > 0 ? 0 : numberedEntry(view, Math.min(named, count), count, type)
    if (index >= count) return null
    const target = view.getUint32(index * entryBytes + 4, true)
    const offset = target & ~leadsToTable
    if ((target & leadsToTable) !== 0) table = offset
    else return level === 0 ? null : resourceBytes(readAt, directory.rva + offset, limit)
  }
  return null
}

/** Entries with names come first and are no types of Windows. */
const numberedEntry = (view: DataView, first: number, count: number, id: number): number => {
  for (let index = first; index < count; index++) if (view.getUint32(index * entryBytes, true) === id) return index
  return count
}

const resourceBytes = async (
  readAt: (rva: number, length: number) => Promise<Uint8Array | null>,
  rva: number,
  limit: number,
): Promise<Uint8Array | null> => {
  const entry = await readAt(rva, dataEntryBytes)
  if (entry === null) return null
  const size = viewOf(entry).getUint32(4, true)
  return size > limit ? null : readAt(viewOf(entry).getUint32(0, true), size)
}
