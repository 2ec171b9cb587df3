import { memoryLines, textLines } from '../report/memory-lines.ts'
import { pointerLines } from '../report/pointer-commands.ts'
import type { Cursor } from './expression.ts'
import { expectEnd, parseRange } from './range.ts'
import { readWords } from './read-words.ts'
import type { Target } from './target.ts'

/** The d* commands by what follows the d. `words` are of pointer size where 0 is given. */
const displays = {
  b: { kind: 'units', unitBytes: 1, characters: true },
  w: { kind: 'units', unitBytes: 2, characters: false },
  d: { kind: 'units', unitBytes: 4, characters: false },
  q: { kind: 'units', unitBytes: 8, characters: false },
  c: { kind: 'units', unitBytes: 4, characters: true },
  p: { kind: 'units', unitBytes: 0, characters: false },
  a: { kind: 'text', unitBytes: 1, characters: true },
  u: { kind: 'text', unitBytes: 2, characters: true },
  ds: { kind: 'names', unitBytes: 4, characters: false },
  qs: { kind: 'names', unitBytes: 8, characters: false },
  ps: { kind: 'names', unitBytes: 0, characters: false },
} as const

export type DisplayKind = keyof typeof displays
export const displayKinds = Object.keys(displays) as DisplayKind[]

/** What is shown when no length is given, in bytes, and of a text in characters (documentation, "d, da, db, …"). */
const defaultBytes = 128
const defaultCharacters = 512
/** Nobody reads more at once. */
const maxBytes = 64 * 1024

/** `dps`, `dd`, `db`, … `ADDRESS [LN | END]`. */
export const displayMemory = async (target: Target, kind: DisplayKind, cursor: Cursor): Promise<string> => {
  const display = displays[kind]
  const { memory } = target
  const width = memory.pointerBytes
  const unitBytes = display.unitBytes === 0 ? width : display.unitBytes
  const unit = BigInt(unitBytes)
  const range = await parseRange(cursor, target, (bytes) => (bytes + unit - 1n) / unit)
  expectEnd(cursor)
  const fallback = display.kind === 'text' ? defaultCharacters : defaultBytes / unitBytes
  const wanted = range.count ?? BigInt(fallback)
  const count = Number(wanted > BigInt(maxBytes / unitBytes) ? BigInt(maxBytes / unitBytes) : wanted)
  const cut = BigInt(count) < wanted ? `\n(The first ${count} of ${wanted}; ask for the rest from its address on.)` : ''
  const { address } = range
  if (display.kind === 'names') return (await namedWords(target, address, unitBytes === 4 ? 4 : 8, count)) + cut
  const bytes = await memory.read(address, count * unitBytes)
  if (display.kind === 'text') return textLines(bytes, unitBytes === 1 ? 1 : 2, width) + cut
  return memoryLines(bytes, { unitBytes, characters: display.characters }, width) + cut
}

const namedWords = async (target: Target, address: bigint, wordBytes: 4 | 8, count: number): Promise<string> => {
  const words = await readWords(target.memory, address, wordBytes, count)
  const names = new Map<bigint, string | null>()
  for (const word of words.words)
    if (word !== null && !names.has(word)) names.set(word, await target.names.nearest(word))
  return pointerLines(words, (word) => names.get(word) ?? null, wordBytes, target.memory.pointerBytes)
}
