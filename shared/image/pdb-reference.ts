import { asciiAt, viewOf } from '../bytes/view.ts'
import { isPresent, readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { directoryIndex, type Image } from './image.ts'

/** Which PDB belongs to an image, as its debug directory says (reference 7.8). */
export type PdbReference = {
  /** The file's name without the path of the machine that built it. */
  readonly name: string
  /** As recorded: often names the vendor's build tree. */
  readonly path: string
  /** RSDS: the GUID in the usual form, upper case; NB10: the signature as 8 hexadecimal digits. */
  readonly guid: string
  readonly age: number
}

const entryBytes = 0x1c
const maxEntries = 64
const codeView = 2
const maxRecordBytes = 0x18 + 1024

/** The reference, or null when the image has none or its page is absent. */
export const readPdbReference = async (memory: VirtualMemory, image: Image): Promise<PdbReference | null> => {
  const directory = image.directories[directoryIndex.debug]
  if (directory.rva === 0) return null
  const count = Math.min(Math.floor(directory.size / entryBytes), maxEntries)
  const entries = await memory.read(image.base + BigInt(directory.rva), count * entryBytes)
  const view = viewOf(entries.bytes)
  for (let index = 0; index < count; index++) {
    const at = index * entryBytes
    if (!isPresent(entries, at, entryBytes) || view.getUint32(at + 0xc, true) !== codeView) continue
    const rva = view.getUint32(at + 0x14, true)
    const size = view.getUint32(at + 0x10, true)
    // RVA 0: the record is in the file and was never mapped.
    if (rva === 0 || rva + size > image.sizeOfImage) continue
    const record = await readWhole(memory, image.base + BigInt(rva), Math.min(size, maxRecordBytes))
    const reference = record === null ? null : decodeCodeView(record)
    if (reference !== null) return reference
  }
  return null
}

/** Decodes an RSDS or NB10 record. Pure. */
export const decodeCodeView = (record: Uint8Array): PdbReference | null => {
  const view = viewOf(record)
  const signature = asciiAt(record, 0, 4)
  if (signature === 'RSDS' && record.length > 0x18)
    return named(asciiAt(record, 0x18, record.length), guidText(view, 4), view.getUint32(0x14, true))
  if (signature === 'NB10' && record.length > 0x10)
    return named(asciiAt(record, 0x10, record.length), hex(view.getUint32(8, true), 8), view.getUint32(0xc, true))
  return null
}

const named = (path: string, guid: string, age: number): PdbReference | null =>
  path === '' ? null : { name: path.replace(/^.*[\\/]/, ''), path, guid, age }

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')

/** The first three fields are little-endian numbers, the last eight bytes are in order (reference 12.7). */
const guidText = (view: DataView, offset: number): string => {
  const tail = Array.from({ length: 8 }, (_, index) => hex(view.getUint8(offset + 8 + index), 2)).join('')
  return [
    hex(view.getUint32(offset, true), 8),
    hex(view.getUint16(offset + 4, true), 4),
    hex(view.getUint16(offset + 6, true), 4),
    tail.slice(0, 4),
    tail.slice(4),
  ].join('-')
}
