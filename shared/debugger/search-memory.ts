import { findPointers } from '../imports/pointer-search.ts'
import { absentBytes, pointerAt, presenceOf } from '../memory/ranges.ts'
import type { Gap } from '../memory/virtual-memory.ts'
import { searchLine, type Words } from '../report/pointer-commands.ts'
import { wrongCommand } from './command-error.ts'
import { atEnd, type Cursor, type ExpressionContext, parseExpression } from './expression.ts'
import { parseRange } from './range.ts'
import { readWords } from './read-words.ts'
import { type Running, stoppedNote, type Target } from './target.ts'

/** `s-d` and `s-q`: which words, and where. */
export type Search = {
  readonly wordBytes: 4 | 8
  readonly address: bigint
  readonly bytes: bigint
  /** Words that must follow one another. */
  readonly pattern: readonly bigint[]
}

export type SearchFound = {
  readonly hits: readonly Words[]
  readonly searchedBytes: bigint
  readonly absentBytes: bigint
  /** There are more hits than are listed. */
  readonly more: boolean
}

/** The debugger's own limit without `L?` (documentation, "s (Search Memory)"). */
const maxBytes = 256n * 1024n * 1024n
/** With it: kernel address spaces are larger than anything that can be searched. */
const maxUnlimitedBytes = 64n * 1024n * 1024n * 1024n
const maxHits = 1000
const maxPattern = 16
const chunkBytes = 4 * 1024 * 1024
const lineBytes = 16

/** What follows `s-d` or `s-q`: `START END VALUE…` or `START L COUNT VALUE…`. */
export const parseSearch = async (cursor: Cursor, context: ExpressionContext, wordBytes: 4 | 8): Promise<Search> => {
  const word = BigInt(wordBytes)
  const range = await parseRange(cursor, context, (bytes) => bytes / word)
  if (range.count === null) throw wrongCommand('A search needs a range and a value: s-d START END VALUE.')
  const bytes = range.count * word
  if (bytes > (range.unlimited ? maxUnlimitedBytes : maxBytes))
    throw wrongCommand(
      `Range error: at most ${range.unlimited ? '64 GB' : '256 MB'} are searched at once.`,
      range.unlimited ? 'Search in parts.' : 'A length given as L? may be longer.',
    )
  const pattern: bigint[] = []
  while (!atEnd(cursor) && pattern.length < maxPattern)
    pattern.push(await parseExpression(cursor, context, wordBytes * 8))
  if (pattern.length === 0) throw wrongCommand('The value to search for is missing.')
  if (!atEnd(cursor)) throw wrongCommand(`A pattern has at most ${maxPattern} values.`)
  return { wordBytes, address: range.address, bytes, pattern }
}

/** Looks at every word of the range in the dump, from its start in steps of a word; at most `limit` hits. */
export const searchMemory = async (
  { memory }: Pick<Target, 'memory'>,
  search: Search,
  running: Running,
  limit = maxHits,
): Promise<SearchFound> => {
  const { wordBytes, pattern } = search
  const rest = (pattern.length - 1) * wordBytes
  const hits: Words[] = []
  let [absent, at, more] = [0n, 0n, false]
  while (at < search.bytes && !more && !running.stopped()) {
    const left = search.bytes - at
    const step = left < BigInt(chunkBytes) ? Number(left) : chunkBytes
    // A pattern may begin in this piece and end in the next.
    const length = Number(left < BigInt(chunkBytes + rest) ? left : BigInt(chunkBytes + rest))
    const start = search.address + at
    const range = await memory.read(start, length)
    const isPresent = presenceOf(range)
    const missing = absentWithin(range.gaps, step)
    absent += BigInt(missing)
    // Most of an address space is not there; what is there is looked at.
    const bytes = range.bytes.subarray(0, missing < step ? step : 0)
    for (const { offset } of findPointers(bytes, wordBytes, [pattern[0]], step).hits) {
      const matches = pattern.every((value, index) => {
        const place = offset + index * wordBytes
        return isPresent(place, wordBytes) && pointerAt(range.bytes, place, wordBytes) === value
      })
      if (!matches) continue
      more = hits.length >= limit
      if (more) break
      hits.push(await readWords(memory, start + BigInt(offset), wordBytes, lineBytes / wordBytes))
    }
    at += BigInt(step)
  }
  return { hits, searchedBytes: at < search.bytes ? at : search.bytes, absentBytes: absent, more }
}

const absentWithin = (gaps: readonly Gap[], length: number): number =>
  absentBytes(
    gaps.flatMap((gap) => (gap.offset < length ? [{ ...gap, length: Math.min(gap.length, length - gap.offset) }] : [])),
  )

/** The hits as the debugger prints them; after them what could not be looked at. */
export const searchLines = (found: SearchFound, search: Search, pointerBytes: 4 | 8): string[] => [
  ...found.hits.map((hit) => searchLine(hit, search.wordBytes, pointerBytes)),
  ...searchNotes(found, search.bytes),
]

/** What a search did not look at, and whether it was ended early: a line each, in parentheses. */
export const searchNotes = (found: SearchFound, wantedBytes: bigint): string[] => [
  ...(found.more ? [`(The search was ended after ${found.hits.length} hits.)`] : []),
  ...(!found.more && found.searchedBytes < wantedBytes ? [stoppedNote] : []),
  ...(found.absentBytes > 0n
    ? [`(${found.absentBytes} of ${found.searchedBytes} bytes are not in the dump; what they held is not known.)`]
    : []),
]

/** `s-d START END VALUE`. */
export const searchCommand = async (
  target: Target,
  cursor: Cursor,
  wordBytes: 4 | 8,
  running: Running,
): Promise<string> => {
  const search = await parseSearch(cursor, target, wordBytes)
  return searchLines(await searchMemory(target, search, running), search, target.memory.pointerBytes).join('\n')
}
