import type { ByteSource } from './source.ts'

/** How many reads went through a source, and how many bytes they asked for. */
export type ReadCounts = { readonly reads: number; readonly bytes: number }

export type CountingSource = ByteSource & { readonly counts: ReadCounts }

/** The same source, with what is read through it counted. */
export const countingSource = (source: ByteSource): CountingSource => {
  let reads = 0
  let bytes = 0
  return {
    size: source.size,
    read: (offset, length) => {
      reads++
      bytes += length
      return source.read(offset, length)
    },
    get counts() {
      return { reads, bytes }
    },
  }
}
