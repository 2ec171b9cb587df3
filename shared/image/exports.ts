import { asciiAt, viewOf } from '../bytes/view.ts'
import { mergeGaps, presenceOf } from '../memory/ranges.ts'
import type { Gap, VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'
import { directoryIndex, type Export, type Image } from './image.ts'

/** Ordinals are 16 bits wide. */
const maxExports = 65_536
const maxNameCharacters = 512
/** nt's whole table takes some 100 KB; what claims to be larger than this is read so far and no further. */
const maxTableBytes = 8 * 1024 * 1024
const directoryBytes = 0x28

/** Gaps count from the image's base. `gaps` tells which parts of the table could not be read. */
export type Exports = {
  /** The DLL's own name for itself. */
  readonly name: string | null
  readonly exports: Export[]
  readonly gaps: readonly Gap[]
}

/**
 * The export table (reference 7.2), by name and, where a function has none, by ordinal. An entry on a missing page is
 * skipped and its page listed in `gaps`: exports live in pageable sections.
 */
export const readExports = async (memory: VirtualMemory, image: Image): Promise<Exports> => {
  const directory = image.directories[directoryIndex.export]
  if (directory.rva === 0 || directory.size < directoryBytes) return { name: null, exports: [], gaps: [] }
  const gaps: Gap[] = []
  const read = async (rva: number, length: number): Promise<VirtualRange> => {
    const range = await memory.read(
      image.base + BigInt(rva),
      Math.max(0, Math.min(length, image.sizeOfImage - rva, maxTableBytes)),
    )
    for (const gap of range.gaps) gaps.push({ ...gap, offset: gap.offset + rva })
    return range
  }
  const head = await read(directory.rva, directoryBytes)
  if (head.gaps.length > 0 || head.bytes.length < directoryBytes) return { name: null, exports: [], gaps }
  const field = (offset: number): number => viewOf(head.bytes).getUint32(offset, true)
  const ordinalBase = field(0x10)
  const nameCount = Math.min(field(0x18), maxExports)

  const functions = wordsOf(await read(field(0x1c), Math.min(field(0x14), maxExports) * 4))
  const nameRvas = wordsOf(await read(field(0x20), nameCount * 4))
  const ordinals = halfWordsOf(await read(field(0x24), nameCount * 2))
  const inImage = nameRvas.filter((rva): rva is number => rva !== null && rva > 0 && rva < image.sizeOfImage)
  const firstName = inImage.reduce((least, rva) => Math.min(least, rva), image.sizeOfImage)
  const lastName = inImage.reduce((most, rva) => Math.max(most, rva), 0)
  // Names lie in the directory as a rule; what follows it is another section's, and no concern of this table.
  const directoryEnd = directory.rva + directory.size
  const namesEnd =
    lastName < directoryEnd ? Math.min(lastName + maxNameCharacters, directoryEnd) : lastName + maxNameCharacters
  const names = stringsOf(await read(firstName, namesEnd - firstName))
  const forwarders = stringsOf(await read(directory.rva, directory.size))

  const exports: Export[] = []
  const named = new Set<number>()
  const add = (name: string | null, index: number): void => {
    const rva = functions[index]
    if (rva === undefined || rva === null || rva === 0 || rva >= image.sizeOfImage) return
    const forwards = rva >= directory.rva && rva < directory.rva + directory.size
    const forwarder = forwards ? forwarders(rva - directory.rva) : null
    // A forwarder whose text is absent leads nowhere: its RVA is text, not code.
    if (forwards && forwarder === null) return
    exports.push({ name, ordinal: ordinalBase + index, rva, forwarder })
  }
  for (let index = 0; index < nameRvas.length; index++) {
    const rva = nameRvas[index]
    const ordinal = ordinals[index]
    if (ordinal === null || ordinal === undefined) continue
    named.add(ordinal)
    const name = rva === null ? null : names(rva - firstName)
    if (name !== null) add(name, ordinal)
  }
  // What an unread name table would have named stays out: it must not pass for an export without a name.
  if (!nameRvas.includes(null) && !ordinals.includes(null))
    for (let index = 0; index < functions.length; index++) if (!named.has(index)) add(null, index)
  return { name: await dllName(memory, image, field(0xc)), exports, gaps: mergeGaps(gaps) }
}

const dllName = async (memory: VirtualMemory, image: Image, rva: number): Promise<string | null> => {
  if (rva === 0 || rva >= image.sizeOfImage) return null
  return stringsOf(await memory.read(image.base + BigInt(rva), 260))(0)
}

/** Each u32 of the range, null where absent. */
const wordsOf = (range: VirtualRange): (number | null)[] => {
  const view = viewOf(range.bytes)
  const present = presenceOf(range)
  return Array.from({ length: Math.floor(range.bytes.length / 4) }, (_, index) =>
    present(index * 4, 4) ? view.getUint32(index * 4, true) : null,
  )
}

const halfWordsOf = (range: VirtualRange): (number | null)[] => {
  const view = viewOf(range.bytes)
  const present = presenceOf(range)
  return Array.from({ length: Math.floor(range.bytes.length / 2) }, (_, index) =>
    present(index * 2, 2) ? view.getUint16(index * 2, true) : null,
  )
}

/** A NUL-terminated string at an offset of the range, null unless all of it and its end are there. */
const stringsOf = (range: VirtualRange): ((offset: number) => string | null) => {
  const present = presenceOf(range)
  return (offset) => {
    if (offset < 0 || offset >= range.bytes.length) return null
    const text = asciiAt(range.bytes, offset, maxNameCharacters)
    return text.length > 0 && text.length < maxNameCharacters && present(offset, text.length + 1) ? text : null
  }
}
