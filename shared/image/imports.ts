import { asciiAt, viewOf } from '../bytes/view.ts'
import { isPresent, pointerAt, presenceOf } from '../memory/ranges.ts'
import type { Gap, VirtualMemory } from '../memory/virtual-memory.ts'
import { directoryIndex, type Image } from './image.ts'

/** One imported DLL: where its name, its routines' names (INT) and its slots (IAT) begin. `intRva` is 0 where the linker wrote no INT. */
export type ImportDescriptor = {
  readonly nameRva: number
  readonly intRva: number
  readonly iatRva: number
}

export type ImportDescriptors = {
  readonly descriptors: ImportDescriptor[]
  /** False when the table could not be read to its closing entry: INIT is discarded in many drivers (reference 7.4). */
  readonly complete: boolean
  /** In bytes from the image's base. */
  readonly gaps: readonly Gap[]
}

/** One slot of an import address table. `value` is null on an absent page; both names are null without an INT. */
export type ImportSlot = {
  readonly slotRva: number
  readonly value: bigint | null
  readonly name: string | null
  readonly ordinal: number | null
}

const maxDescriptors = 1024
/** nt exports some 3,000 names; no import table of a driver comes near this. */
const maxSlots = 16_384
const maxNameCharacters = 512

/** Layout of a descriptor of the two kinds of import (reference 7.3). */
const kinds = {
  import: { directory: directoryIndex.import, bytes: 0x14, name: 0xc, names: 0, slots: 0x10 },
  delay: { directory: directoryIndex.delayImport, bytes: 0x20, name: 4, names: 0x10, slots: 0xc },
} as const

/** The import descriptors (or, asked for, those of delayed imports), up to the closing entry or the first hole. */
export const readImportDescriptors = async (
  memory: VirtualMemory,
  image: Image,
  kind: 'import' | 'delay' = 'import',
): Promise<ImportDescriptors> => {
  const layout = kinds[kind]
  const directory = image.directories[layout.directory]
  if (directory.rva === 0) return { descriptors: [], complete: true, gaps: [] }
  const length = Math.min(maxDescriptors * layout.bytes, image.sizeOfImage - directory.rva)
  const wanted = Math.min(length, Math.max(directory.size, layout.bytes))
  const range = await memory.read(image.base + BigInt(directory.rva), Math.max(0, wanted))
  const gaps = range.gaps.map((gap) => ({ ...gap, offset: gap.offset + directory.rva }))
  const view = viewOf(range.bytes)
  const descriptors: ImportDescriptor[] = []
  for (let at = 0; at + layout.bytes <= range.bytes.length; at += layout.bytes) {
    if (!isPresent(range, at, layout.bytes)) return { descriptors, complete: false, gaps }
    const nameRva = view.getUint32(at + layout.name, true)
    const iatRva = view.getUint32(at + layout.slots, true)
    if (nameRva === 0 && iatRva === 0) return { descriptors, complete: true, gaps }
    // Attribute bit 0 clear: addresses instead of RVAs, of linkers before 2003 (reference 7.3).
    if (kind === 'delay' && (view.getUint32(at, true) & 1) === 0) continue
    if (iatRva === 0 || iatRva >= image.sizeOfImage) continue
    const intRva = view.getUint32(at + layout.names, true)
    descriptors.push({ nameRva, intRva: intRva < image.sizeOfImage ? intRva : 0, iatRva })
  }
  // Some linkers let the directory's size end the table.
  return { descriptors, complete: gaps.length === 0, gaps }
}

/**
 * The slots of one descriptor, up to the zero word that ends them. Names come from the INT where it is resident;
 * without it the slots end at the first zero, and no slot has a name.
 */
export const readImportSlots = async (
  memory: VirtualMemory,
  image: Image,
  descriptor: ImportDescriptor,
): Promise<ImportSlot[]> => {
  const width = memory.pointerBytes
  const bytesFrom = (rva: number): number => Math.min(maxSlots * width, Math.max(0, image.sizeOfImage - rva))
  const iat = await memory.read(image.base + BigInt(descriptor.iatRva), bytesFrom(descriptor.iatRva))
  const names =
    descriptor.intRva === 0
      ? null
      : await memory.read(image.base + BigInt(descriptor.intRva), bytesFrom(descriptor.intRva))
  const slotPresent = presenceOf(iat)
  const namePresent = names === null ? () => false : presenceOf(names)
  const slots: ImportSlot[] = []
  for (let index = 0; index < maxSlots; index++) {
    const at = index * width
    const thunk = names !== null && namePresent(at, width) ? pointerAt(names.bytes, at, width) : null
    const value = slotPresent(at, width) ? pointerAt(iat.bytes, at, width) : null
    if (thunk === 0n || (thunk === null && (value === null || value === 0n))) break
    slots.push({ slotRva: descriptor.iatRva + at, value, ...(await nameOf(memory, image, thunk)) })
  }
  return slots
}

const nameOf = async (
  memory: VirtualMemory,
  image: Image,
  thunk: bigint | null,
): Promise<{ name: string | null; ordinal: number | null }> => {
  if (thunk === null) return { name: null, ordinal: null }
  const byOrdinal = thunk >> BigInt(memory.pointerBytes * 8 - 1) === 1n
  if (byOrdinal) return { name: null, ordinal: Number(thunk & 0xffffn) }
  const rva = thunk < BigInt(image.sizeOfImage) ? Number(thunk) : 0
  // A hint of two bytes comes first.
  return { name: rva === 0 ? null : await readImportName(memory, image, rva + 2), ordinal: null }
}

/** The name at an RVA, of a DLL or a routine; null when it is absent or none. */
export const readImportName = async (memory: VirtualMemory, image: Image, rva: number): Promise<string | null> => {
  if (rva <= 0 || rva >= image.sizeOfImage) return null
  const range = await memory.read(image.base + BigInt(rva), maxNameCharacters)
  const text = asciiAt(range.bytes, 0, maxNameCharacters)
  return text.length > 0 && text.length < maxNameCharacters && isPresent(range, 0, text.length + 1) ? text : null
}
