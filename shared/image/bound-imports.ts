import { pointerAt, presenceOf } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { directoryIndex, type Image } from './image.ts'
import { readImportDescriptors } from './imports.ts'

/** A few hundred slots tell as much as all. */
const maxWords = 512
const maxDescriptors = 8

/**
 * What the import slots hold: `bound` addresses of other images, as the loader leaves them (reference 7.3); `unbound`
 * something else, as in a copy of the file; `none` when the image imports nothing; `absent` when no slot is in the dump.
 */
export type ImportBinding = 'bound' | 'unbound' | 'none' | 'absent'

/** `isImage` tells whether an address lies in an image that others may import from. */
export const importBinding = async (
  memory: VirtualMemory,
  image: Image,
  isImage: (address: bigint) => boolean,
): Promise<ImportBinding> => {
  const values = await slotValues(memory, image)
  if (values === null) return 'none'
  const set = values.filter((value) => value !== 0n)
  if (set.length === 0) return 'absent'
  // Slots of an image that is not listed itself, or that a hook replaced, lead elsewhere.
  return set.filter(isImage).length * 2 >= set.length ? 'bound' : 'unbound'
}

/** The words of directory 12, or of the descriptors' arrays where the linker did not list them; null without imports. */
const slotValues = async (memory: VirtualMemory, image: Image): Promise<bigint[] | null> => {
  const iat = image.directories[directoryIndex.iat]
  if (iat.rva !== 0) return wordsAt(memory, image, iat.rva, iat.size)
  if (image.directories[directoryIndex.import].rva === 0) return null
  const { descriptors } = await readImportDescriptors(memory, image)
  const tables = descriptors.slice(0, maxDescriptors).map(async ({ iatRva }) => {
    const words = await wordsAt(memory, image, iatRva, maxWords * memory.pointerBytes)
    const end = words.indexOf(0n)
    return end < 0 ? words : words.slice(0, end)
  })
  return (await Promise.all(tables)).flat()
}

/** The words that are in the dump. */
const wordsAt = async (memory: VirtualMemory, image: Image, rva: number, bytes: number): Promise<bigint[]> => {
  const width = memory.pointerBytes
  const count = Math.min(Math.floor(Math.min(bytes, image.sizeOfImage - rva) / width), maxWords)
  const range = await memory.read(image.base + BigInt(rva), Math.max(0, count) * width)
  const present = presenceOf(range)
  const offsets = Array.from({ length: Math.max(0, count) }, (_, index) => index * width)
  return offsets.filter((at) => present(at, width)).map((at) => pointerAt(range.bytes, at, width))
}
