import { z } from 'zod'
import { Count } from '../analysis/scalars.ts'

/** Pages that lie one after another in the file. */
export const FileRange = z.object({ fileOffset: Count, pages: Count })
export type FileRange = z.infer<typeof FileRange>

/** What one worker looks at: one range in most containers, whose pages lie packed in the file. */
export const Shard = z.array(FileRange)
export type Shard = z.infer<typeof Shard>

const pageBytes = 4096

/**
 * Cuts the pages of a dump, given in file order, into as few shards of at most `mostPages` pages as will do, all of about
 * one size. Each page is in one shard. Pure.
 */
export const planShards = (pages: Iterable<FileRange>, mostPages: number): Shard[] => {
  const ranges = joined(pages)
  const total = pagesIn(ranges)
  if (total === 0) return []
  const count = Math.ceil(total / mostPages)
  const shards: FileRange[][] = Array.from({ length: count }, () => [])
  /** The number of pages before the shard. */
  const startOf = (shard: number): number => Math.floor((total * shard) / count)
  let shard = 0
  let before = 0
  for (const { fileOffset, pages } of ranges)
    for (let done = 0; done < pages; ) {
      while (startOf(shard + 1) <= before) shard++
      const length = Math.min(pages - done, startOf(shard + 1) - before)
      shards[shard].push({ fileOffset: fileOffset + done * pageBytes, pages: length })
      done += length
      before += length
    }
  return shards
}

export const pagesIn = (ranges: readonly FileRange[]): number => ranges.reduce((sum, { pages }) => sum + pages, 0)

/** Ranges that touch in the file are one, whatever their place in memory. */
const joined = (pages: Iterable<FileRange>): FileRange[] => {
  const ranges: { fileOffset: number; pages: number }[] = []
  for (const { fileOffset, pages: length } of pages) {
    const last = ranges.at(-1)
    if (last !== undefined && last.fileOffset + last.pages * pageBytes === fileOffset) last.pages += length
    else if (length > 0) ranges.push({ fileOffset, pages: length })
  }
  return ranges
}
