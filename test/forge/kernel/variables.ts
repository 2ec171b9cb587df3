import type { Image } from '../image/image.ts'
import type { Random } from '../random.ts'
import { type Va, type Width, writePointer, writeWord } from '../words.ts'

/**
 * The kernel's own variables: each at a random place of nt's .data, another one in every scenario, so that nobody can
 * learn from the forge where a variable stands. What a real dump tells without symbols, KDBG and the export table tell here too.
 */
export type Variables = {
  /** Makes room for a variable, zeroed. `alignment` is the pointer size when not given. */
  place(name: string, bytes: number, alignment?: number): Va
  /** A pointer-sized variable with a number in it. */
  word(name: string, value: number): Va
  pointer(name: string, value: Va): Va
  u32(name: string, value: number): Va
  va(name: string): Va
  has(name: string): boolean
  /** A variable's bytes, to the end of .data. */
  bytes(name: string): Buffer
  /** RVA of every variable placed so far. */
  rvas(): ReadonlyMap<string, number>
}

export const createVariables = (nt: Image, random: Random): Variables => {
  const { data, spec } = nt
  const width: Width = spec.width
  const granule = 4
  const taken = new Uint8Array(data.bytes / granule)
  const rvas = new Map<string, number>()
  const isFree = (first: number, count: number): boolean => {
    for (let index = first; index < first + count; index++) if (taken[index] === 1) return false
    return true
  }

  const place = (name: string, bytes: number, alignment: number = width): Va => {
    if (rvas.has(name)) throw new Error(`The variable ${name} has a place already.`)
    const cells = Math.ceil(bytes / granule)
    const slots = Math.floor((data.bytes - bytes) / alignment)
    for (let attempt = 0; attempt < 1000; attempt++) {
      const offset = random.below(slots) * alignment
      if (!isFree(offset / granule, cells)) continue
      taken.fill(1, offset / granule, offset / granule + cells)
      rvas.set(name, data.rva + offset)
      nt.bytes.fill(0, data.rva + offset, data.rva + offset + bytes)
      return spec.base + data.rva + offset
    }
    throw new Error(`The kernel's .data has no room for ${name}.`)
  }
  const rva = (name: string): number => {
    const known = rvas.get(name)
    if (known === undefined) throw new Error(`The variable ${name} has no place.`)
    return known
  }
  const ensure = (name: string, bytes: number): number => {
    if (!rvas.has(name)) place(name, bytes)
    return rva(name)
  }
  return {
    place,
    word: (name, value) => {
      const at = ensure(name, width)
      writeWord(nt.bytes, at, value, width)
      return spec.base + at
    },
    pointer: (name, value) => {
      const at = ensure(name, width)
      writePointer(nt.bytes, at, value, width)
      return spec.base + at
    },
    u32: (name, value) => {
      const at = ensure(name, width)
      nt.bytes.writeUInt32LE(value, at)
      return spec.base + at
    },
    va: (name) => spec.base + rva(name),
    has: (name) => rvas.has(name),
    bytes: (name) => nt.bytes.subarray(rva(name), data.rva + data.bytes),
    rvas: () => rvas,
  }
}
