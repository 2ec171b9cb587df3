import { type ReadAhead, readAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'

/**
 * Packed bytes in their order, each fetched once: what a decoder did not need is given back and comes again. So work
 * stays linear in the bytes read, however finely an archive is cut.
 */
export type Intake = {
  /** The next `length` bytes, fewer where the input ends. They come again. */
  peek(length: number): Promise<Uint8Array>
  /** The next `length` bytes, or null where the input ends before. */
  take(length: number): Promise<Uint8Array | null>
  /** Whatever is at hand, at least one byte; null at the end. */
  next(): Promise<Uint8Array | null>
  /** The last `length` bytes that `next` gave were not needed. */
  giveBack(length: number): void
  /** Passes over `length` bytes; false where the input ends before. */
  skip(length: number): Promise<boolean>
  /** Offset in the source of the byte that comes next. */
  position(): number
}

const empty = new Uint8Array()

/** An intake of the bytes of a source from `from` up to `to`. */
export const openIntake = (source: ByteSource, from: number, to: number, pieces: ReadAhead = {}): Intake => {
  const incoming = readAhead(source, from, to, pieces)
  let piece: Uint8Array = empty
  let at = 0
  /** Where `piece` ends in the source. */
  let end = from

  const fetch = async (): Promise<Uint8Array | null> => {
    const fetched = await incoming.next()
    if (fetched.done) return null
    end += fetched.value.length
    return fetched.value
  }

  const peek = async (length: number): Promise<Uint8Array> => {
    while (piece.length - at < length) {
      const more = await fetch()
      if (more === null) break
      const joined = new Uint8Array(piece.length - at + more.length)
      joined.set(piece.subarray(at))
      joined.set(more, piece.length - at)
      piece = joined
      at = 0
    }
    return piece.subarray(at, at + length)
  }

  const next = async (): Promise<Uint8Array | null> => {
    if (at === piece.length) {
      const more = await fetch()
      if (more === null) return null
      piece = more
      at = 0
    }
    const rest = piece.subarray(at)
    at = piece.length
    return rest
  }

  return {
    peek,
    take: async (length) => {
      const bytes = await peek(length)
      if (bytes.length < length) return null
      at += length
      return bytes
    },
    next,
    giveBack: (length) => {
      if (length > at) throw new RangeError(`${length} bytes were given back and only ${at} had been taken.`)
      at -= length
    },
    skip: async (length) => {
      let rest = length
      while (rest > 0) {
        const bytes = await next()
        if (bytes === null) return false
        if (bytes.length > rest) at -= bytes.length - rest
        rest -= Math.min(rest, bytes.length)
      }
      return true
    },
    position: () => end - (piece.length - at),
  }
}
