import { viewOf } from '../bytes/view.ts'
import { isPresent } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { directoryIndex, type Image } from './image.ts'

/** One imported DLL: where its slots (IAT) begin. */
export type ImportDescriptor = { readonly iatRva: number }

export type ImportDescriptors = {
  readonly descriptors: ImportDescriptor[]
  /** False when the table could not be read to its closing entry: INIT is discarded in many drivers (reference 7.4). */
  readonly complete: boolean
}

const maxDescriptors = 1024

/** Layout of a descriptor of the two kinds of import (reference 7.3). */
const kinds = {
  import: { directory: directoryIndex.import, bytes: 0x14, name: 0xc, slots: 0x10 },
  delay: { directory: directoryIndex.delayImport, bytes: 0x20, name: 4, slots: 0xc },
} as const

/** The import descriptors (or, asked for, those of delayed imports), up to the closing entry or the first hole. */
export const readImportDescriptors = async (
  memory: VirtualMemory,
  image: Image,
  kind: 'import' | 'delay' = 'import',
): Promise<ImportDescriptors> => {
  const layout = kinds[kind]
  const directory = image.directories[layout.directory]
  if (directory.rva === 0) return { descriptors: [], complete: true }
  const length = Math.min(maxDescriptors * layout.bytes, image.sizeOfImage - directory.rva)
  const wanted = Math.min(length, Math.max(directory.size, layout.bytes))
  const range = await memory.read(image.base + BigInt(directory.rva), Math.max(0, wanted))
  const view = viewOf(range.bytes)
  const descriptors: ImportDescriptor[] = []
  for (let at = 0; at + layout.bytes <= range.bytes.length; at += layout.bytes) {
    if (!isPresent(range, at, layout.bytes)) return { descriptors, complete: false }
    const nameRva = view.getUint32(at + layout.name, true)
    const iatRva = view.getUint32(at + layout.slots, true)
    if (nameRva === 0 && iatRva === 0) return { descriptors, complete: true }
    // Attribute bit 0 clear: addresses instead of RVAs, of linkers before 2003 (reference 7.3).
    if (kind === 'delay' && (view.getUint32(at, true) & 1) === 0) continue
    if (iatRva === 0 || iatRva >= image.sizeOfImage) continue
    descriptors.push({ iatRva })
  }
  // Some linkers let the directory's size end the table.
  return { descriptors, complete: range.gaps.length === 0 }
}
