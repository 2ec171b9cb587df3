import type { Gap, VirtualMemory } from '../../shared/memory/virtual-memory.ts'

/** Virtual memory made of pieces; what no piece covers is not mapped. */
export const fakeMemory = (
  pointerBytes: 4 | 8,
  pieces: readonly { readonly address: bigint; readonly bytes: Uint8Array }[],
): VirtualMemory => ({
  pointerBytes,
  translate: async () => ({ present: false, reason: 'not-mapped' }),
  read: async (address, length) => {
    const bytes = new Uint8Array(length)
    const there = new Uint8Array(length)
    for (const piece of pieces) {
      const shift = Number(piece.address - address)
      for (let at = 0; at < piece.bytes.length; at++) {
        if (shift + at < 0 || shift + at >= length) continue
        bytes[shift + at] = piece.bytes[at]
        there[shift + at] = 1
      }
    }
    const gaps: Gap[] = []
    for (let at = 0; at < length; ) {
      const start = at
      while (at < length && there[at] === 0) at++
      if (at > start) gaps.push({ offset: start, length: at - start, reason: 'not-mapped' })
      else at++
    }
    return { address, bytes, gaps }
  },
})

/** A section of a driver for `driverImage`. */
export type FakeSection = {
  readonly name: string
  readonly rva: number
  readonly size: number
  readonly characteristics: number
}

export const readable = 0x40000040
export const code = 0x60000020
export const writable = 0xc0000040
export const discarded = 0xe2000020

/** An image of `size` bytes with a PE header (reference 7.1) and the words written where they are asked for. */
export const driverImage = (
  pointerBytes: 4 | 8,
  size: number,
  sections: readonly FakeSection[],
  directories: Readonly<Record<number, { rva: number; size: number }>> = {},
): { bytes: Uint8Array; word(rva: number, value: bigint): void; put(rva: number, ...values: number[]): void } => {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  const nt = 0x80
  const optional = nt + 0x18
  const directoriesAt = pointerBytes === 8 ? 0x70 : 0x60
  const optionalBytes = directoriesAt + 16 * 8
  view.setUint16(0, 0x5a4d, true)
  view.setUint32(0x3c, nt, true)
  view.setUint32(nt, 0x4550, true)
  view.setUint16(nt + 4, pointerBytes === 8 ? 0x8664 : 0x14c, true)
  view.setUint16(nt + 6, sections.length, true)
  view.setUint16(nt + 0x14, optionalBytes, true)
  view.setUint16(optional, pointerBytes === 8 ? 0x20b : 0x10b, true)
  view.setUint32(optional + 0x38, size, true)
  view.setUint32(optional + 0x3c, 0x400, true)
  view.setUint32(optional + directoriesAt - 4, 16, true)
  for (const [index, { rva, size: length }] of Object.entries(directories)) {
    view.setUint32(optional + directoriesAt + Number(index) * 8, rva, true)
    view.setUint32(optional + directoriesAt + Number(index) * 8 + 4, length, true)
  }
  for (const [index, section] of sections.entries()) {
    const at = optional + optionalBytes + index * 0x28
    for (const [character, name] of [...section.name].entries()) bytes[at + character] = name.charCodeAt(0)
    view.setUint32(at + 8, section.size, true)
    view.setUint32(at + 0xc, section.rva, true)
    view.setUint32(at + 0x24, section.characteristics, true)
  }
  return {
    bytes,
    word: (rva, value) =>
      pointerBytes === 8 ? view.setBigUint64(rva, value, true) : view.setUint32(rva, Number(value), true),
    put: (rva, ...values) => bytes.set(values, rva),
  }
}
