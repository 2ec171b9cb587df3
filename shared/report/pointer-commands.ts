import type { TranscriptEntry } from '../analysis/analysis.ts'
import { debuggerAddress } from './debugger-text.ts'

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
  output: hits.map((hit) => searchLine(hit, pointerBytes)).join('\n'),
})

const searchLine = ({ address, words }: Words, pointerBytes: 4 | 8): string => {
  const columns = words.map((word) => wordText(word, pointerBytes))
  // The debugger adds the characters for 32-bit words only.
  const characters = pointerBytes === 4 ? [words.map((word) => charactersOf(word)).join('')] : []
  return [debuggerAddress(address, pointerBytes), ...columns, ...characters].join(' ')
}

/** What stands for a word that is not in the dump. */
const unreadable = { 4: '????????', 8: '????????`????????' } as const

const wordText = (word: bigint | null, pointerBytes: 4 | 8): string =>
  word === null ? unreadable[pointerBytes] : debuggerAddress(word, pointerBytes)

const charactersOf = (word: bigint | null): string => {
  if (word === null) return '????'
  return [0n, 8n, 16n, 24n]
    .map((shift) => Number((word >> shift) & 0xffn))
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('')
}

/** `dps`: a word a line, with the name of the exported routine that begins where it points. */
export const displayPointers = (
  { address, words }: Words,
  nameOf: (value: bigint) => string | null,
  pointerBytes: 4 | 8,
): TranscriptEntry => ({
  command: `dps ${debuggerAddress(address, pointerBytes)}`,
  output: words
    .map((word, index) => {
      const at = debuggerAddress(address + BigInt(index * pointerBytes), pointerBytes)
      const name = word === null ? null : nameOf(word)
      return `${at} ${wordText(word, pointerBytes)}${name === null ? '' : ` ${name}`}`
    })
    .join('\n'),
})
