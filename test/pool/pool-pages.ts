import type { PoolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'

export type Block = {
  readonly tag: string | number
  /** Whole block with its header, in bytes. */
  readonly bytes: number
  readonly type: number
  readonly index?: number
  readonly body?: (view: DataView) => void
}

/** One page of classic pool: the blocks one after another, a free one to the end. */
export const poolPage = (format: PoolHeaderFormat, blocks: readonly Block[], chained = true): Uint8Array => {
  const page = new Uint8Array(4096)
  const view = new DataView(page.buffer)
  let at = 0
  let previous = 0
  const put = ({ tag, bytes, type, index = 0, body }: Block) => {
    const size = bytes / format.unit
    const shown = chained ? previous : 0
    const word =
      format.pointerBytes === 4
        ? shown | (index << 9) | (size << 16) | (type << 25)
        : shown | (index << 8) | (size << 16) | (type << 24)
    view.setUint32(at, word >>> 0, true)
    view.setUint32(at + 4, typeof tag === 'number' ? tag : keyOfTag(tag), true)
    body?.(new DataView(page.buffer, at + format.headerBytes, bytes - format.headerBytes))
    at += bytes
    previous = size
  }
  for (const block of blocks) put(block)
  if (at < 4096) put({ tag: 'Free', bytes: 4096 - at, type: 0 })
  return page
}

export const wordsOf = (...pages: Uint8Array[]): Uint32Array => {
  const words = new Uint32Array(pages.length * 1024)
  for (const [index, page] of pages.entries()) new Uint8Array(words.buffer).set(page, index * 4096)
  return words
}
