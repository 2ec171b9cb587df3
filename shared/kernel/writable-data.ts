import type { Image } from '../image/image.ts'
import type { VirtualMemory, VirtualRange } from '../memory/virtual-memory.ts'

/** `range` goes on behind its own first `ownBytes`, so that what lies across the seam to the next piece is seen whole. */
export type DataPiece = { readonly range: VirtualRange; readonly ownBytes: number }

const pieceBytes = 1024 * 1024
/** nt's writable sections are a few MiB together; an image that claims more is not read to its end. */
const maxBytes = 64 * 1024 * 1024

/** The kernel's own variables, wherever they are: its writable sections piece by piece, each with `overlap` bytes more. */
export async function* writableData(memory: VirtualMemory, kernel: Image, overlap: number): AsyncGenerator<DataPiece> {
  let budget = maxBytes
  for (const section of kernel.sections.filter(({ writable }) => writable)) {
    const end = Math.min(section.virtualSize, budget)
    budget -= end
    for (let start = 0; start < end; start += pieceBytes) {
      const address = kernel.base + BigInt(section.rva + start)
      const range = await memory.read(address, Math.min(pieceBytes + overlap, end - start))
      yield { range, ownBytes: Math.min(pieceBytes, end - start) }
    }
  }
}
