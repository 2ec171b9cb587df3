import { blockKind, type PoolHeaderFormat, quotaBit } from '../kernel/pools/pool-header.ts'
import { isPrintableKey, plainKey } from '../kernel/pools/pool-tag.ts'
import type { BlockSampler } from './contents.ts'
import { type TagCounts, untaggedSlot } from './tag-counts.ts'

const pageWords = 1024

export type PageScanner = {
  /** Counts the blocks of the page that starts at word `first`; true when it is a pool page. */
  readonly scan: (words: Uint32Array, first: number) => boolean
}

/** Where POOL_HEADER's fields lie in its first 32 bits (reference 8.1). */
export const fieldsOf = ({ pointerBytes }: PoolHeaderFormat) =>
  pointerBytes === 4
    ? { sizeMask: 0x1ff, indexShift: 9, indexMask: 0x7f, typeShift: 25 }
    : { sizeMask: 0xff, indexShift: 8, indexMask: 0xff, typeShift: 24 }

/** Where a process may stand for the tag: quota is charged, and the word is an aligned kernel address and no text. */
export const isProcess = (key: number, type: number): boolean =>
  (type & quotaBit) !== 0 && key >= 0x80000000 && (key & 7) === 0 && !isPrintableKey(key)

/** Pool indexes are a NUMA node or one of a few paged pools; text has no byte this small but its line ends. */
export const largestIndex = 0x1f

/**
 * Classic pool, up to build 17763: a page is pool when its headers chain from its first byte to its last, each by its
 * BlockSize.
 *
 * Why other pages do not pass by chance. Any page that passes has at least two headers, since a BlockSize cannot span a
 * page. If every PreviousSize agrees as well (the first is 0), two headers alone fix 16 bits of PreviousSize, 8 of where
 * the last block ends, 2 in each PoolType and almost 6 in the tag: of random pages one in some 10^10 passes. Where it does
 * not agree, which happens only on builds that need not keep it, four headers, three printable tags and small pool
 * indexes are asked for, some 45 bits. Real pages are not random: zeroes fail at the first BlockSize; text would need
 * PreviousSize to agree with its own characters, or control characters for pool indexes; arrays of pointers have no
 * printable tag in their upper halves. A page caught half-written, or overwritten in part, breaks its chain and is left out
 * as a whole: counts may be too small by a few pages. What cannot be told apart here is a page that was pool once and now
 * lies on the free list, or a copy of one in the file cache: those make counts too large. Nothing in a page says which it
 * is, so the whole is compared with the tracker (agreement.ts): counts stand for themselves only where there is none, and
 * where the two disagree grossly what blocks contain is not told at all (stages/pool.ts).
 */
export const chainedPageScanner = (
  format: PoolHeaderFormat,
  counts: TagCounts,
  sampler: BlockSampler | null,
): PageScanner => {
  const { kinds, unit, previousSizeHolds, processForTag } = format
  const { sizeMask, indexShift, indexMask, typeShift } = fieldsOf(format)
  const unitWords = unit / 4
  const pageUnits = pageWords / unitWords
  /** Word offsets of the page's headers. */
  const starts = new Uint16Array(pageUnits)

  /** Blocks among so many headers that name a process in place of a tag. */
  const processes = (words: Uint32Array, first: number, headers: number): number => {
    let named = 0
    for (let header = 0; header < headers; header++) {
      const at = first + starts[header]
      if (isProcess(words[at + 1], words[at] >>> typeShift)) named++
    }
    return named
  }

  /** How many headers chain through the page; 0 when they do not, or not credibly. */
  const chain = (words: Uint32Array, first: number): number => {
    let headers = 0
    let allocated = 0
    let printable = 0
    let highestIndex = 0
    let agrees = true
    let previous = 0
    for (let at = 0; at < pageUnits; at += previous) {
      const word = words[first + at * unitWords]
      const size = (word >>> 16) & sizeMask
      const kind = kinds[word >>> typeShift]
      if (size === 0 || kind === blockKind.invalid || at + size > pageUnits) return 0
      if ((word & sizeMask) !== previous) {
        if (previousSizeHolds) return 0
        agrees = false
      }
      const index = (word >>> indexShift) & indexMask
      if (index > highestIndex) highestIndex = index
      if (kind !== blockKind.free) {
        allocated++
        if (isPrintableKey(words[first + at * unitWords + 1])) printable++
      }
      starts[headers++] = at * unitWords
      previous = size
    }
    if (allocated === 0) return 0
    if (processForTag && printable < allocated) printable += processes(words, first, headers)
    // Enough agreeing sizes carry a page whose driver uses unprintable tags.
    if (agrees) return printable === allocated || headers >= 4 ? headers : 0
    return headers >= 4 && allocated >= 3 && printable === allocated && highestIndex <= largestIndex ? headers : 0
  }

  return {
    scan: (words, first) => {
      const headers = chain(words, first)
      for (let header = 0; header < headers; header++) {
        const at = first + starts[header]
        const word = words[at]
        const kind = kinds[word >>> typeShift]
        if (kind === blockKind.free) continue
        const size = (word >>> 16) & sizeMask
        const key = words[at + 1]
        if (processForTag && isProcess(key, word >>> typeShift)) {
          counts.count(untaggedSlot, kind, size * unit)
          continue
        }
        counts.count(counts.slotOf(key), kind, size * unit)
        sampler?.offer(key, words, at, at + size * unitWords)
      }
      return headers > 0
    },
  }
}

/** Counts headers between two words, by default of a page; the first must start a unit. True when there was one. */
export type RangeScanner = { readonly scan: (words: Uint32Array, from: number, to?: number) => boolean }

/**
 * Segment heap, build 18362 and later: headers stand before the caller's bytes but tile no page, and a freed block keeps
 * its own. So what is counted are headers that look in use: PreviousSize 0 (so on 97 of 100 in real small dumps), a small
 * pool index, a plausible type, and a tag the tracker knows, which is what keeps other memory out: some 2,000 tags are one
 * word in two million. Without a tracker (`knownKeys` null) any printable tag will do, and one random unit in 200,000
 * passes: tags seen but a few times mean nothing then. The count is an indication, not an account.
 */
export const scatteredScanner = (
  format: PoolHeaderFormat,
  counts: TagCounts,
  sampler: BlockSampler | null,
  knownKeys: ReadonlySet<number> | null,
): RangeScanner => {
  const { kinds, unit } = format
  const { sizeMask, indexShift, indexMask, typeShift } = fieldsOf(format)
  const unitWords = unit / 4
  return {
    scan: (words, from, to = from + pageWords) => {
      let found = false
      for (let at = from; at < to; at += unitWords) {
        const word = words[at]
        const size = (word >>> 16) & sizeMask
        if (size === 0 || (word & sizeMask) !== 0 || kinds[word >>> typeShift] < blockKind.nonPaged) continue
        if (((word >>> indexShift) & indexMask) > largestIndex) continue
        const key = words[at + 1]
        if (knownKeys === null ? !isPrintableKey(key) : !knownKeys.has(plainKey(key))) continue
        counts.count(counts.slotOf(key), kinds[word >>> typeShift], size * unit)
        sampler?.offer(key, words, at, Math.min(at + size * unitWords, to))
        found = true
        at += (size - 1) * unitWords
      }
      return found
    },
  }
}
