import type { Gap, VirtualMemory } from '../../shared/memory/virtual-memory.ts'

export type Region = { readonly address: bigint; readonly bytes: Uint8Array }

/** Kernel memory of a few regions, whole pages or not; whatever lies between is not mapped. */
export const fakeMemory = (pointerBytes: 4 | 8, regions: readonly Region[]): VirtualMemory & { reads: number } => {
  const memory = {
    pointerBytes,
    reads: 0,
    translate: async () => {
      throw new Error('not needed here')
    },
    read: async (address: bigint, length: number) => {
      memory.reads++
      const bytes = new Uint8Array(length)
      const end = address + BigInt(length)
      const pieces: { offset: number; length: number }[] = []
      for (const region of regions) {
        const from = region.address > address ? region.address : address
        const regionEnd = region.address + BigInt(region.bytes.length)
        const to = regionEnd < end ? regionEnd : end
        if (to <= from) continue
        const offset = Number(from - address)
        bytes.set(region.bytes.subarray(Number(from - region.address), Number(to - region.address)), offset)
        pieces.push({ offset, length: Number(to - from) })
      }
      pieces.sort((a, b) => a.offset - b.offset)
      const gaps: Gap[] = []
      let at = 0
      for (const piece of [...pieces, { offset: length, length: 0 }]) {
        if (piece.offset > at) gaps.push({ offset: at, length: piece.offset - at, reason: 'not-mapped' })
        at = Math.max(at, piece.offset + piece.length)
      }
      return { address, bytes, gaps }
    },
  }
  return memory
}

/** A small random generator for test data: fixed seed, so that a failure can be seen again. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export const randomBytes = (length: number, seed: number): Uint8Array => {
  const random = seededRandom(seed)
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

export const concat = (...parts: Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
