import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualRange } from '../memory/virtual-memory.ts'
import { debuggerAddress } from './debugger-text.ts'

/** How one of the d* commands lays memory out: sixteen bytes a line, in units of so many bytes. */
export type MemoryUnits = {
  readonly unitBytes: 1 | 2 | 4 | 8
  /** Whether the bytes follow as characters. */
  readonly characters: boolean
}

const lineBytes = 16

/** `db`, `dw`, `dd`, `dq`, `dc`: what is not in the dump prints as question marks. */
export const memoryLines = (range: VirtualRange, units: MemoryUnits, pointerBytes: 4 | 8): string =>
  Array.from({ length: Math.ceil(range.bytes.length / lineBytes) }, (_, line) => {
    const start = line * lineBytes
    const end = Math.min(start + lineBytes, range.bytes.length)
    const address = debuggerAddress(range.address + BigInt(start), pointerBytes)
    const cells = cellsOf(range, start, end, units.unitBytes)
    const columns = Array.from({ length: lineBytes / units.unitBytes }, () => ' '.repeat(widths[units.unitBytes]))
    const text = units.unitBytes === 1 ? joinBytes(cells) : cells.join(' ')
    if (!units.characters) return `${address}  ${text}`
    return `${address}  ${text.padEnd(columns.join(' ').length)}  ${charactersAt(range, start, end)}`
  }).join('\n')

const widths = { 1: 2, 2: 4, 4: 8, 8: 17 } as const
const unreadable = { 1: '??', 2: '????', 4: '????????', 8: '????????`????????' } as const

const cellsOf = (range: VirtualRange, start: number, end: number, unitBytes: 1 | 2 | 4 | 8): string[] => {
  const cells: string[] = []
  for (let at = start; at + unitBytes <= end; at += unitBytes)
    cells.push(isPresent(range, at, unitBytes) ? cell(range.bytes, at, unitBytes) : unreadable[unitBytes])
  return cells
}

const cell = (bytes: Uint8Array, at: number, unitBytes: 1 | 2 | 4 | 8): string => {
  if (unitBytes === 8) return debuggerAddress(pointerAt(bytes, at, 8), 8)
  let value = 0
  for (let index = unitBytes - 1; index >= 0; index--) value = value * 256 + bytes[at + index]
  return value.toString(16).padStart(unitBytes * 2, '0')
}

/** A dash parts the first eight bytes of a line from the others. */
const joinBytes = (cells: readonly string[]): string =>
  cells.map((text, index) => (index === 0 ? text : `${index === 8 ? '-' : ' '}${text}`)).join('')

const charactersAt = (range: VirtualRange, start: number, end: number): string => {
  let text = ''
  for (let at = start; at < end; at++) text += isPresent(range, at, 1) ? characterOf(range.bytes[at]) : '?'
  return text
}

/** The character of a byte as the debugger shows it. */
export const characterOf = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')

const textColumns = 32

/** `da`, `du`: the text up to its end, so many characters a line. */
export const textLines = (range: VirtualRange, characterBytes: 1 | 2, pointerBytes: 4 | 8): string => {
  const characters: string[] = []
  for (let at = 0; at + characterBytes <= range.bytes.length; at += characterBytes) {
    const present = isPresent(range, at, characterBytes)
    const code = range.bytes[at] + (characterBytes === 2 ? range.bytes[at + 1] * 256 : 0)
    if (present && code === 0) break
    characters.push(!present ? '?' : code >= 0x20 && code !== 0x7f ? String.fromCharCode(code) : '.')
  }
  const lines = Array.from({ length: Math.max(1, Math.ceil(characters.length / textColumns)) }, (_, line) => {
    const address = debuggerAddress(range.address + BigInt(line * textColumns * characterBytes), pointerBytes)
    return `${address}  "${characters.slice(line * textColumns, (line + 1) * textColumns).join('')}"`
  })
  return lines.join('\n')
}
