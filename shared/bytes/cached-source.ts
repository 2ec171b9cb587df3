import { shortRead } from './short-read.ts'
import type { ByteSource } from './source.ts'

/** Blocks of `blockBytes` are kept, the least recently used thrown out beyond `maxBytes`. */
export type CacheOptions = { readonly blockBytes?: number; readonly maxBytes?: number }

/** Small enough that one page costs little over a network, big enough that a page's neighbours come along. */
const defaultBlockBytes = 256 * 1024
const defaultMaxBytes = 64 * 1024 * 1024
/** Two MiB in blocks of the default size: what is longer is a search, which does not come back. */
const bypassBlocks = 8

/**
 * A source that remembers blocks of another. Neighbouring missing blocks are fetched in one read, a block under way
 * is fetched once however many ask for it, and one that failed is forgotten, so that the next reader tries again.
 * A read of more than some blocks goes straight through: it would be copied twice and push everything else out.
 */
export const cachedSource = (source: ByteSource, options: CacheOptions = {}): ByteSource => {
  const blockBytes = options.blockBytes ?? defaultBlockBytes
  const maxBlocks = Math.max(1, Math.floor((options.maxBytes ?? defaultMaxBytes) / blockBytes))
  const bypassBytes = Math.min(bypassBlocks, maxBlocks) * blockBytes
  /** In order of use, the oldest first. */
  const blocks = new Map<number, Promise<Uint8Array>>()

  const remember = (index: number, block: Promise<Uint8Array>): void => {
    blocks.delete(index)
    blocks.set(index, block)
    for (const oldest of blocks.keys()) {
      if (blocks.size <= maxBlocks) break
      blocks.delete(oldest)
    }
  }

  const fetchBlocks = (first: number, end: number): Promise<Uint8Array>[] => {
    const start = first * blockBytes
    const length = Math.min(end * blockBytes, source.size) - start
    const fetched = source.read(start, length)
    return Array.from({ length: end - first }, (_, index) => {
      // A copy of each block, since a view would keep the whole fetch alive as long as its last block.
      const block = fetched.then((bytes) =>
        end - first === 1 ? bytes : new Uint8Array(bytes.subarray(index * blockBytes, (index + 1) * blockBytes)),
      )
      block.catch(() => {
        if (blocks.get(first + index) === block) blocks.delete(first + index)
      })
      remember(first + index, block)
      return block
    })
  }

  const blocksOf = (first: number, end: number): Promise<Uint8Array>[] => {
    const wanted: Promise<Uint8Array>[] = []
    for (let index = first; index < end; ) {
      const known = blocks.get(index)
      if (known !== undefined) {
        remember(index, known)
        wanted.push(known)
        index++
        continue
      }
      let missingEnd = index + 1
      while (missingEnd < end && !blocks.has(missingEnd)) missingEnd++
      wanted.push(...fetchBlocks(index, missingEnd))
      index = missingEnd
    }
    return wanted
  }

  return {
    size: source.size,
    read: async (offset, length) => {
      if (length === 0 || length > bypassBytes || offset < 0 || offset + length > source.size)
        return source.read(offset, length)
      const first = Math.floor(offset / blockBytes)
      const end = Math.floor((offset + length - 1) / blockBytes) + 1
      const parts = await Promise.all(blocksOf(first, end))
      const skip = offset - first * blockBytes
      if (parts.length === 1) return parts[0].subarray(skip, skip + length)
      const bytes = new Uint8Array(length)
      let done = 0
      for (const [index, part] of parts.entries()) {
        const piece = part.subarray(index === 0 ? skip : 0, (index === 0 ? skip : 0) + length - done)
        bytes.set(piece, done)
        done += piece.length
      }
      if (done !== length) throw shortRead(offset, length, done)
      return bytes
    },
  }
}
