/** An exported name and where it lives, or `MODULE.Name` when another image has it. */
export type ExportEntry =
  | { readonly name: string; readonly rva: number }
  | { readonly name: string; readonly forwarder: string }

const byBytes = (a: ExportEntry, b: ExportEntry): number => (a.name < b.name ? -1 : 1)

/** Bytes an export directory takes, names and forwarders included. */
export const exportTableBytes = (imageName: string, names: readonly string[], forwarders: readonly string[]): number =>
  0x28 +
  names.length * 10 +
  imageName.length +
  1 +
  [...names, ...forwarders].reduce((total, name) => total + name.length + 1, 0)

/** Writes an export directory at an RVA: names sorted bytewise, ordinals from 1 (reference 7.2). */
export const writeExportTable = (
  image: Buffer,
  rva: number,
  imageName: string,
  timestamp: number,
  entries: readonly ExportEntry[],
): void => {
  const sorted = [...entries].sort(byBytes)
  const functions = rva + 0x28
  const names = functions + sorted.length * 4
  const ordinals = names + sorted.length * 4
  let strings = ordinals + sorted.length * 2
  const writeString = (text: string): number => {
    const at = strings
    strings += image.write(`${text}\0`, at, 'latin1')
    return at
  }
  image.writeUInt32LE(timestamp, rva + 4)
  image.writeUInt32LE(writeString(imageName), rva + 0xc)
  image.writeUInt32LE(1, rva + 0x10)
  image.writeUInt32LE(sorted.length, rva + 0x14)
  image.writeUInt32LE(sorted.length, rva + 0x18)
  image.writeUInt32LE(functions, rva + 0x1c)
  image.writeUInt32LE(names, rva + 0x20)
  image.writeUInt32LE(ordinals, rva + 0x24)
  for (const [index, entry] of sorted.entries()) {
    image.writeUInt32LE(writeString(entry.name), names + index * 4)
    image.writeUInt16LE(index, ordinals + index * 2)
    image.writeUInt32LE('rva' in entry ? entry.rva : writeString(entry.forwarder), functions + index * 4)
  }
}
