/** A version resource as the resource compiler lays it out: nodes aligned to four bytes, texts in UTF-16. */
const align = (bytes: readonly number[]): number[] => [...bytes, ...new Array((4 - (bytes.length % 4)) % 4).fill(0)]
const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)]
const text = (value: string): number[] => [...value, '\0'].flatMap((character) => u16(character.charCodeAt(0)))

const node = (
  key: string,
  kind: 0 | 1,
  value: readonly number[],
  valueLength: number,
  children: number[],
): number[] => {
  const head = align([...u16(0), ...u16(valueLength), ...u16(kind), ...text(key)])
  const body = children.length > 0 ? [...align([...head, ...value]), ...children] : [...head, ...value]
  return [...u16(body.length), ...body.slice(2)]
}

const fixed = (major: number, minor: number, build: number, revision: number): number[] => [
  ...u32(0xfeef04bd),
  ...u32(0x10000),
  ...u16(minor),
  ...u16(major),
  ...u16(revision),
  ...u16(build),
  ...new Array(0x24).fill(0),
]

export const versionResource = (texts: Readonly<Record<string, string>>): Uint8Array => {
  const strings = Object.entries(texts).flatMap(([key, value]) =>
    align(node(key, 1, text(value), value.length + 1, [])),
  )
  const table = node('040904b0', 1, [], 0, strings)
  const info = Object.keys(texts).length === 0 ? [] : node('StringFileInfo', 1, [], 0, table)
  return Uint8Array.from(node('VS_VERSION_INFO', 0, fixed(5, 2, 3790, 3959), 0x34, info))
}

/** A resource directory of one resource of a type, with its data behind it; `rva` is where it lies in the image. */
export const resourceDirectory = (rva: number, type: number, data: Uint8Array): Uint8Array => {
  const table = (id: number, target: number): number[] => [
    ...new Array(14).fill(0),
    ...u16(1),
    ...u32(id),
    ...u32(target),
  ]
  const deeper = 0x80000000
  return Uint8Array.from([
    ...table(type, deeper + 0x18),
    ...table(1, deeper + 0x30),
    ...table(0x409, 0x48),
    ...u32(rva + 0x58),
    ...u32(data.length),
    ...u32(0),
    ...u32(0),
    ...data,
  ])
}
