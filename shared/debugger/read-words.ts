import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Words } from '../report/pointer-commands.ts'

/** `count` words of `wordBytes` from an address on, null where one is not in the dump. */
export const readWords = async (
  memory: VirtualMemory,
  address: bigint,
  wordBytes: 4 | 8,
  count: number,
): Promise<Words> => {
  const range = await memory.read(address, count * wordBytes)
  const words = Array.from({ length: count }, (_, index) =>
    isPresent(range, index * wordBytes, wordBytes) ? pointerAt(range.bytes, index * wordBytes, wordBytes) : null,
  )
  return { address, words }
}
