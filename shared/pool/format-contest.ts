import type { PoolHeaderFormat } from '../kernel/pools/pool-header.ts'
import type { BlockSampler } from './contents.ts'
import type { FormatCensus, PoolCensus } from './pool-census.ts'
import { fieldsOf, type PageScanner } from './scan-page.ts'
import { type ScannedTag, type TagCounts, tagTotals } from './tag-counts.ts'

/** One way of reading headers, and what it has counted so far. */
export type Contender = {
  readonly format: PoolHeaderFormat
  readonly counts: TagCounts
  readonly sampler: BlockSampler | null
  readonly scanner: PageScanner
}

/** How far counted tags agree with another account of the same pool: 0 to 1; null when there is none to compare with. */
export type Agrees = (tags: readonly ScannedTag[]) => number | null

const pageWords = 1024
/** Agreement with the tracker that settles what the pages leave open, and the lead it must have. */
const settling = { least: 0.8, lead: 0.2 }

/**
 * Reads the same pages by several formats at once: before Vista the build alone does not tell which is theirs. Nothing is
 * decided on the way, since a part of the pages must not decide otherwise than the whole.
 */
export const formatContest = (contenders: readonly Contender[]) => {
  const poolPages = contenders.map(() => 0)
  let [pagesScanned, typed, marked] = [0, 0, 0]
  return {
    scan: (words: Uint32Array): void => {
      for (let first = 0; first < words.length; first += pageWords) {
        let isPool = false
        for (const [index, { scanner }] of contenders.entries())
          if (scanner.scan(words, first)) {
            poolPages[index]++
            isPool = true
          }
        if (!isPool || contenders.length === 1) continue
        const types = typesOn(words, first, contenders[0].format)
        typed += types.typed
        marked += types.marked
      }
      pagesScanned += words.length / pageWords
    },
    census: (): PoolCensus => ({
      pagesScanned,
      typed,
      marked,
      formats: contenders.map(({ format, counts, sampler }, index) => ({
        format: format.name,
        poolPages: poolPages[index],
        tags: counts.census(),
        sample: sampler?.sample() ?? null,
      })),
    }),
  }
}

/** The format that the pages bear out, null when none does; what it has counted; and a sentence that says so. */
export type BorneOut = {
  readonly winner: { readonly format: PoolHeaderFormat; readonly counted: FormatCensus } | null
  readonly note: string
}

/**
 * Which of the formats (those the census was made by, the build's own first) is that of the pages: by the share of headers
 * whose type has the in-use bit of Server 2003 set (reference 8.2), nearly all or nearly none. If the share is in between
 * the tracker decides; without it nothing is counted.
 */
export const borneOut = (census: PoolCensus, formats: readonly PoolHeaderFormat[], agrees: Agrees): BorneOut => {
  const entrants = formats.map((format, index) => ({ format, counted: census.formats[index] }))
  const [own] = entrants
  const { typed, marked } = census
  if (entrants.length === 1) return won(own, own.format)
  if (typed === 0) return { winner: own, note: '' }
  const share = marked / typed
  const fitting = entrants.filter(
    ({ format: { inUseBit } }) => inUseBit !== null && share >= inUseBit.least && share <= inUseBit.most,
  )
  if (fitting.length === 1) return won(fitting[0], own.format)
  const ranked = entrants
    .map((entrant) => ({ entrant, ratio: agrees(tagTotals(entrant.counted.tags).tags) }))
    .sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
  const [first, second] = ranked
  if (first.ratio !== null && first.ratio >= settling.least && first.ratio - (second.ratio ?? 0) >= settling.lead)
    return won(first.entrant, own.format)
  return {
    winner: null,
    note: `Of ${typed} blocks ${marked} are marked as in use: that fits no known manner of writing pool headers, so none were counted.`,
  }
}

const won = (winner: NonNullable<BorneOut['winner']>, own: PoolHeaderFormat): BorneOut => ({
  winner,
  note:
    winner.format === own
      ? `Pool headers are read in the manner of ${own.name}.`
      : `By its build this kernel would write pool headers in the manner of ${own.name}, but its pages show that of ${winner.format.name}: so they are read.`,
})

/** How many headers of a pool page have a type, and how many of those with bit 4. The sizes are known to chain. */
const typesOn = (words: Uint32Array, first: number, format: PoolHeaderFormat): { typed: number; marked: number } => {
  const { sizeMask, typeShift } = fieldsOf(format)
  let [typed, marked] = [0, 0]
  const end = first + pageWords
  for (let at = first; at < end; at += (((words[at] >>> 16) & sizeMask) * format.unit) / 4) {
    const type = words[at] >>> typeShift
    if (type !== 0) typed++
    if (type & 4) marked++
  }
  return { typed, marked }
}
