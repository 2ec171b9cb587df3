import { hexAddress } from '../analysis/scalars.ts'
import type { VirtualRange } from '../memory/virtual-memory.ts'

/**
 * Where a module holds the name of a routine as the text that MmGetSystemRoutineAddress takes, UTF-16 closed by a zero, and
 * nothing of a word before it; null when it does not. Who asks for a routine by name need not keep its address anywhere.
 */
export const findRoutineName = (range: VirtualRange, name: string): string | null => {
  const bytes = Buffer.from(range.bytes.buffer, range.bytes.byteOffset, range.bytes.byteLength)
  const text = Buffer.from(`${name}\0`, 'utf16le')
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
    if (at % 2 === 0 && (at < 2 || !isLetter(bytes.readUInt16LE(at - 2)))) return hexAddress(range.address + BigInt(at))
  return null
}

const isLetter = (unit: number): boolean => /[A-Za-z]/.test(String.fromCharCode(unit))
