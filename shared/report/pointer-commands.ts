import type { TranscriptEntry } from '../analysis/analysis.ts'
import { debuggerAddress } from './debugger-text.ts'
import { characterOf } from './memory-lines.ts'

/** Words read from `address` on; null where a word is not in the dump. */
export type Words = { readonly address: bigint; readonly words: readonly (bigint | null)[] }

/** `x nt!ExAllocatePool`: where an export lives. */
export const examineSymbol = (symbol: string, address: bigint | null, pointerBytes: 4 | 8): TranscriptEntry => ({
  command: `x ${symbol}`,
  output: address === null ? '' : `${debuggerAddress(address, pointerBytes)} ${symbol}`,
})

/** The search of all modules for a pointer; each hit with the sixteen bytes that begin there. */
export const searchModules = (target: bigint, hits: readonly Words[], pointerBytes: 4 | 8): TranscriptEntry => ({
  command: `!for_each_module ${pointerBytes === 4 ? 's-d' : 's-q'} @#Base @#End ${debuggerAddress(target, pointerBytes)}`,
  output: hits.map((hit) => searchLine(hit, pointerBytes, pointerBytes)).join('\n'),
})

/** A hit of `s-d` or `s-q`: its address and the words, of `wordBytes` each, that begin there. */
export const searchLine = ({ address, words }: Words, wordBytes: 4 | 8, pointerBytes: 4 | 8): string => {
  const columns = words.map((word) => wordText(word, wordBytes)).join(' ')
  // The debugger adds the characters for 32-bit words only.
  const characters = wordBytes === 4 ? `  ${words.map((word) => charactersOf(word)).join('')}` : ''
  return `${debuggerAddress(address, pointerBytes)}  ${columns}${characters}`
}

/** What stands for a word that is not in the dump. */
const unreadable = { 4: '????????', 8: '????????`????????' } as const

const wordText = (word: bigint | null, wordBytes: 4 | 8): string =>
  word === null ? unreadable[wordBytes] : debuggerAddress(word, wordBytes)

const charactersOf = (word: bigint | null): string =>
  word === null ? '????' : [0n, 8n, 16n, 24n].map((shift) => characterOf(Number((word >> shift) & 0xffn))).join('')

/** `dps`: a word a line, with the name that is known for where it points. */
export const displayPointers = (
  words: Words,
  nameOf: (value: bigint) => string | null,
  pointerBytes: 4 | 8,
): TranscriptEntry => ({
  command: `dps ${debuggerAddress(words.address, pointerBytes)}`,
  output: pointerLines(words, nameOf, pointerBytes, pointerBytes),
})

/** The same for words of 4 (`dds`) or 8 bytes (`dqs`) on a machine with pointers of either size. */
export const pointerLines = (
  { address, words }: Words,
  nameOf: (value: bigint) => string | null,
  wordBytes: 4 | 8,
  pointerBytes: 4 | 8,
): string =>
  words
    .map((word, index) => {
      const at = debuggerAddress(address + BigInt(index * wordBytes), pointerBytes)
      const name = word === null ? null : nameOf(word)
      return `${at}  ${wordText(word, wordBytes)}${name === null ? '' : ` ${name}`}`
    })
    .join('\n')
