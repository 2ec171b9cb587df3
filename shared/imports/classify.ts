import type { ImporterKind } from '../analysis/importer.ts'
import type { Image, Section } from '../image/image.ts'

/** A range of import slots that an image's headers declare. */
export type SlotRange = { readonly rva: number; readonly size: number; readonly kind: 'import-table' | 'delay-import' }

/** Where a word that holds an allocator's address stands. */
export type Place = {
  readonly rva: number
  /** True for the core nt image. */
  readonly kernel: boolean
  /** Null when the headers' page is not in the dump. */
  readonly image: Image | null
  /** From directory 12, the readable import descriptors and the delay import directory. */
  readonly slots: readonly SlotRange[]
  /** How many words in a row, this one among them, are addresses of exported routines of other modules. */
  readonly exportRun: number
}

/**
 * A run this long is taken for an import table whatever the headers say (reference 7.5, step 3): loaders and packers
 * write such runs, four unrelated words that are all exact export addresses do not come about by chance.
 */
export const shortestImportRun = 4

const sectionAt = (image: Image, rva: number): Section | null =>
  image.sections.find((section) => rva >= section.rva && rva < section.rva + section.virtualSize) ?? null

const within = (range: { rva: number; size: number }, rva: number): boolean =>
  rva >= range.rva && rva < range.rva + range.size

/**
 * What a found pointer is (reference 7.5, step 2): the strongest reading first. A word in data that fits nothing else
 * is a stored pointer, for example one fetched with MmGetSystemRoutineAddress; so is one in an image without headers.
 */
export const classify = ({ rva, kernel, image, slots, exportRun }: Place): ImporterKind => {
  if (kernel) return 'kernel-own'
  const declared = slots.find((range) => within(range, rva))
  if (declared !== undefined) return declared.kind
  if (exportRun >= shortestImportRun) return 'unlisted-import-table'
  const section = image === null ? null : sectionAt(image, rva)
  return section?.executable && !section.writable ? 'code' : 'stored-pointer'
}
