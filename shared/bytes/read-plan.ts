import { mapParallel } from './parallel.ts'
import type { ByteSource } from './source.ts'

/** A piece of the file that is wanted at `target` in some result. */
export type Piece = { readonly fileOffset: number; readonly length: number; readonly target: number }

/** One read of the file and the pieces cut from it. */
export type PlannedRead = { readonly offset: number; readonly length: number; readonly pieces: readonly Piece[] }

/** Pieces this near to one another are read together: what lies between costs less than another request. */
const maxGapBytes = 64 * 1024
/** A single read grows no further than this, so that several can be under way. */
const maxReadBytes = 8 * 1024 * 1024
const parallelReads = 8

const split = (piece: Piece): Piece[] =>
  piece.length <= maxReadBytes
    ? [piece]
    : Array.from({ length: Math.ceil(piece.length / maxReadBytes) }, (_, index) => {
        const skip = index * maxReadBytes
        const length = Math.min(maxReadBytes, piece.length - skip)
        return { fileOffset: piece.fileOffset + skip, length, target: piece.target + skip }
      })

/** Which reads fetch the pieces: in file order, neighbours merged. Pure. */
export const planReads = (pieces: readonly Piece[]): PlannedRead[] => {
  const sorted = pieces.flatMap(split).sort((a, b) => a.fileOffset - b.fileOffset)
  const reads: { offset: number; length: number; pieces: Piece[] }[] = []
  for (const piece of sorted) {
    const last = reads.at(-1)
    const end = piece.fileOffset + piece.length
    if (
      last !== undefined &&
      piece.fileOffset <= last.offset + last.length + maxGapBytes &&
      end - last.offset <= maxReadBytes
    ) {
      last.length = Math.max(last.length, end - last.offset)
      last.pieces.push(piece)
    } else reads.push({ offset: piece.fileOffset, length: piece.length, pieces: [piece] })
  }
  return reads
}

/** Fetches the pieces into `into`, a few reads at a time. */
export const readPieces = async (source: ByteSource, pieces: readonly Piece[], into: Uint8Array): Promise<void> => {
  await mapParallel(planReads(pieces), parallelReads, async (read) => {
    const bytes = await source.read(read.offset, read.length)
    for (const piece of read.pieces) {
      const start = piece.fileOffset - read.offset
      into.set(bytes.subarray(start, start + piece.length), piece.target)
    }
  })
}
