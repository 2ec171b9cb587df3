import type { ByteSource } from './source.ts'

/** How much is fetched at once, and how many pieces are under way while one is worked on. */
export type ReadAhead = { readonly pieceBytes?: number; readonly ahead?: number }

/** The bytes from `from` up to `to`, once and in order, piece by piece; the next pieces are fetched meanwhile. */
export const readAhead = async function* (
  source: ByteSource,
  from: number,
  to: number,
  { pieceBytes = 4 * 2 ** 20, ahead = 2 }: ReadAhead = {},
): AsyncGenerator<Uint8Array, void> {
  const fetched: Promise<Uint8Array>[] = []
  let next = from
  while (fetched.length > 0 || next < to) {
    while (next < to && fetched.length <= ahead) {
      const piece = source.read(next, Math.min(pieceBytes, to - next))
      // Whoever stops early never waits for it; whoever goes on meets the error below.
      piece.catch(() => {})
      fetched.push(piece)
      next += pieceBytes
    }
    const piece = fetched.shift()
    if (piece !== undefined) yield await piece
  }
}
