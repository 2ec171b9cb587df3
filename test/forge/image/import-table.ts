import { type Va, type Width, writePointer, writeWord } from '../words.ts'

/** What an image takes from another, in the order of its slots. */
export type ImportGroup = { readonly image: string; readonly functions: readonly string[] }

/** Bytes of the import address table: a slot for each import and a closing zero for each group (reference 7.3). */
export const addressTableBytes = (groups: readonly ImportGroup[], width: Width): number =>
  groups.reduce((total, group) => total + (group.functions.length + 1) * width, 0)

/** Bytes of descriptors, import name tables and names. */
export const importDirectoryBytes = (groups: readonly ImportGroup[], width: Width): number =>
  (groups.length + 1) * 0x14 +
  addressTableBytes(groups, width) +
  groups.reduce(
    (total, group) =>
      total + even(group.image.length + 1) + group.functions.reduce((sum, name) => sum + even(name.length + 3), 0),
    0,
  )

const even = (length: number): number => length + (length % 2)

/** RVA of each import's slot, keyed `image!function`, when the table begins at an RVA. */
export const slotRvas = (groups: readonly ImportGroup[], width: Width, table: number): Map<string, number> => {
  const slots = new Map<string, number>()
  let at = table
  for (const group of groups) {
    for (const name of group.functions) {
      slots.set(`${group.image}!${name}`, at)
      at += width
    }
    at += width
  }
  return slots
}

/** Writes descriptors, name tables and names at `directory`, and the bound addresses into the table at `table`. */
export const writeImports = (
  image: Buffer,
  groups: readonly ImportGroup[],
  width: Width,
  directory: number,
  table: number,
  resolve: (image: string, name: string) => Va,
): void => {
  let descriptor = directory
  let thunk = directory + (groups.length + 1) * 0x14
  let strings = thunk + addressTableBytes(groups, width)
  let slot = table
  for (const group of groups) {
    image.writeUInt32LE(thunk, descriptor)
    image.writeUInt32LE(slot, descriptor + 0x10)
    for (const [hint, name] of group.functions.entries()) {
      writeWord(image, thunk, strings, width)
      writePointer(image, slot, resolve(group.image, name), width)
      image.writeUInt16LE(hint, strings)
      image.write(`${name}\0`, strings + 2, 'latin1')
      strings += even(name.length + 3)
      thunk += width
      slot += width
    }
    image.writeUInt32LE(strings, descriptor + 0xc)
    image.write(`${group.image}\0`, strings, 'latin1')
    strings += even(group.image.length + 1)
    thunk += width
    slot += width
    descriptor += 0x14
  }
}
