import { utf16, viewOf } from '../bytes/view.ts'
import { pointerAt, readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'

/** Longer than any path Windows keeps. */
const maxBytes = 2048

/**
 * The text of the UNICODE_STRING that begins at `offset` of `bytes` (reference 6.1): a length in bytes, then a pointer.
 * Null when it is empty, implausible or not in the dump.
 */
export const readUnicodeString = async (
  memory: VirtualMemory,
  bytes: Uint8Array,
  offset: number,
): Promise<string | null> => {
  const length = viewOf(bytes).getUint16(offset, true)
  const buffer = pointerAt(bytes, offset + memory.pointerBytes, memory.pointerBytes)
  if (length === 0 || length % 2 !== 0 || length > maxBytes || buffer === 0n) return null
  const text = await readWhole(memory, buffer, length)
  return text === null ? null : utf16(text).replace(/\0.*$/s, '') || null
}
