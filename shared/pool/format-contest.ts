import type { PoolHeaderFormat } from '../kernel/pool-header.ts'
import type { BlockSampler } from './contents.ts'
import { fieldsOf, type PageScanner } from './scan-page.ts'
import type { ScannedTag, TagCounts } from './tag-counts.ts'

/** One way of reading headers, and what it has counted so far. */
export type Contender = {
  readonly format: PoolHeaderFormat
  readonly counts: TagCounts
  readonly sampler: BlockSampler | null
  readonly scanner: PageScanner
  poolPages: number
}

/** How far counted tags agree with another account of the same pool: 0 to 1; null when there is none to compare with. */
export type Agrees = (tags: readonly ScannedTag[]) => number | null

export type FormatContest = {
  /** Counts the pages in `words` by every format still in the running. */
  readonly scan: (words: Uint32Array) => void
  /** The format that the pages bear out, null when none; and a sentence that says so. */
  readonly outcome: () => { readonly winner: Contender | null; readonly note: string }
}

const pageWords = 1024
/** Pool pages after which a clear case is decided; some 50,000 blocks of a real machine. */
const trialPages = 512
/** Agreement with the tracker that settles what the pages leave open, and the lead it must have. */
const settling = { least: 0.8, lead: 0.2 }

/**
 * Reads the same pages by several formats at once until one is borne out, by the share of blocks whose type has the in-use
 * bit of Server 2003 set (reference 8.2): nearly all or nearly none. Only the winner goes on, so a whole dump costs hardly
 * more than with one format. If the share stays in between the tracker decides at the end; without it nothing is counted.
 */
export const formatContest = (contenders: readonly Contender[], agrees: Agrees): FormatContest => {
  let running = contenders
  let poolPages = 0
  let typed = 0
  let marked = 0
  const borneOut = () => {
    const share = typed === 0 ? 0 : marked / typed
    return contenders.filter(
      ({ format: { inUseBit } }) => inUseBit !== null && share >= inUseBit.least && share <= inUseBit.most,
    )
  }
  const compareOn = (words: Uint32Array, first: number) => {
    let isPool = false
    for (const contender of running) {
      if (!contender.scanner.scan(words, first)) continue
      contender.poolPages++
      isPool = true
    }
    if (!isPool) return
    const types = typesOn(words, first, contenders[0].format)
    typed += types.typed
    marked += types.marked
    if (++poolPages % trialPages !== 0) return
    const fitting = borneOut()
    if (fitting.length === 1) running = fitting
  }
  return {
    scan: (words) => {
      let first = 0
      for (; running.length > 1 && first < words.length; first += pageWords) compareOn(words, first)
      if (running.length > 1) return
      const [only] = running
      const { scan } = only.scanner
      for (; first < words.length; first += pageWords) if (scan(words, first)) only.poolPages++
    },
    outcome: () => {
      const [own] = contenders
      if (running.length === 1) return won(running[0], own)
      if (typed === 0) return { winner: own, note: '' }
      const fitting = borneOut()
      if (fitting.length === 1) return won(fitting[0], own)
      const ranked = running
        .map((contender) => ({ contender, ratio: agrees(contender.counts.result().tags) }))
        .sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
      const [first, second] = ranked
      if (first.ratio !== null && first.ratio >= settling.least && first.ratio - (second.ratio ?? 0) >= settling.lead)
        return won(first.contender, own)
      return {
        winner: null,
        note: `Of ${typed} blocks ${marked} are marked as in use: that fits no known manner of writing pool headers, so none were counted.`,
      }
    },
  }
}

const won = (winner: Contender, own: Contender): { winner: Contender; note: string } => ({
  winner,
  note:
    winner === own
      ? `Pool headers are read in the manner of ${own.format.name}.`
      : `By its build this kernel would write pool headers in the manner of ${own.format.name}, but its pages show that of ${winner.format.name}: so they are read.`,
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
