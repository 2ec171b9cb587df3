import { viewOf } from '../bytes/view.ts'
import { directoryIndex, type Image } from '../image/image.ts'
import { readImportDescriptors } from '../image/imports.ts'
import { presenceOf } from '../memory/ranges.ts'
import type { VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'
import type { SlotRange } from './classify.ts'

/** `read`: the words that can be this module's import slots were all searched; `unknown`: where they are is not known. */
export type TableReading = 'read' | 'partly' | 'unknown'

/** nt exports some 3,000 routines; nobody imports more than a few thousand of all modules together. */
const maxSlots = 16_384

/**
 * Where an image says its import slots are (reference 7.5, step 2): directory 12, which the kernel itself relies on, the
 * arrays of the import descriptors that can still be read, and those of delayed imports. `complete` when what they name
 * is all there can be, so that reading it means having searched the imports.
 */
export const declaredSlots = async (
  memory: VirtualMemory,
  image: Image,
  module: VirtualRange,
): Promise<{ slots: SlotRange[]; complete: boolean }> => {
  const iat = image.directories[directoryIndex.iat]
  const imports = await readImportDescriptors(memory, image)
  const delayed = await readImportDescriptors(memory, image, 'delay')
  let left = maxSlots
  const extent = (rva: number): number => {
    const count = slotsAt(module.bytes, rva, memory.pointerBytes, left)
    left -= count
    return count * memory.pointerBytes
  }
  const slots: SlotRange[] = [
    ...(iat.rva === 0 ? [] : [{ ...iat, kind: 'import-table' as const }]),
    ...imports.descriptors.map(({ iatRva }) => ({ rva: iatRva, size: extent(iatRva), kind: 'import-table' as const })),
    ...delayed.descriptors.map(({ iatRva }) => ({ rva: iatRva, size: extent(iatRva), kind: 'delay-import' as const })),
  ]
  return { slots, complete: iat.rva !== 0 || (imports.complete && left > 0) }
}

/** Slots from the first one up to the zero word that closes the array (reference 7.3), at most so many. */
const slotsAt = (bytes: Uint8Array, rva: number, pointerBytes: 4 | 8, most: number): number => {
  const view = viewOf(bytes)
  const isZero = (at: number): boolean =>
    view.getUint32(at, true) === 0 && (pointerBytes === 4 || view.getUint32(at + 4, true) === 0)
  let count = 0
  for (let at = rva; count < most && at + pointerBytes <= bytes.length && !isZero(at); at += pointerBytes) count++
  return count
}

/**
 * Whether a module's import slots were all searched. Code that is paged out and sections thrown away after start hold
 * none, so it is the slots that must be present, not every byte; where they are not known, every byte that is kept.
 */
export const tableReading = (
  module: VirtualRange,
  image: Image | null,
  declared: { slots: readonly SlotRange[]; complete: boolean } | null,
): TableReading => {
  const present = presenceOf(module)
  if (image === null || declared === null)
    return module.bytes.length > 0 && module.gaps.length === 0 ? 'read' : 'unknown'
  const whole = ({ rva, size }: { rva: number; size: number }): boolean => size === 0 || present(rva, size)
  if (declared.complete) return declared.slots.every(whole) ? 'read' : 'partly'
  const kept = image.sections.filter((section) => !section.discardable)
  return kept.every(({ rva, virtualSize }) => whole({ rva, size: virtualSize })) ? 'read' : 'unknown'
}
