import type { TranscriptEntry } from '../analysis/analysis.ts'
import { debuggerAddress } from './debugger-text.ts'

/** Sixteen bytes from an address on; null where one is not in the dump. */
export type Line = { readonly address: bigint; readonly bytes: readonly (number | null)[] }

/** The search of all modules for the characters of a tag; each hit with the bytes that begin there, as `s -a` shows it. */
export const searchText = (text: string, hits: readonly Line[], pointerBytes: 4 | 8): TranscriptEntry => ({
  command: `!for_each_module s -a @#Base @#End "${text}"`,
  output: hits.map((hit) => textLine(hit, pointerBytes)).join('\n'),
})

const textLine = ({ address, bytes }: Line, pointerBytes: 4 | 8): string => {
  const digits = bytes.map((byte) => (byte === null ? '??' : byte.toString(16).padStart(2, '0')))
  const characters = bytes.map((byte) =>
    byte === null ? '?' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
  )
  return `${debuggerAddress(address, pointerBytes)}  ${digits.slice(0, 8).join(' ')}-${digits.slice(8).join(' ')}  ${characters.join('')}`
}
