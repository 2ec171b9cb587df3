import { pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { isKernelAddress } from './kernel-address.ts'

/** What lies at an entry of a doubly linked list; `value` is null where it describes nothing possible. */
export type ListEntry<Value> = { readonly flink: bigint; readonly blink: bigint; readonly value: Value | null }

export type ListWalk<Value> = {
  /** In list order. */
  readonly values: readonly Value[]
  /** Entries that describe nothing possible. */
  readonly odd: number
  /** Where the walk forwards broke off; null when it came back to the head. */
  readonly brokenAt: bigint | null
  /** How many of `values` were found from the other end after that. */
  readonly fromOtherEnd: number
}

/**
 * Walks a list from its head: forwards, and where that breaks off, backwards from the head too, so that both ends are
 * known and only what lies between is missing. At most `limit` entries, and never twice through one. Null when the head
 * itself is not in the dump. `read` decodes an entry by its links' address; null is one that cannot be read.
 */
export const walkList = async <Value>(
  memory: VirtualMemory,
  headAddress: bigint,
  limit: number,
  read: (address: bigint) => Promise<ListEntry<Value> | null>,
): Promise<ListWalk<Value> | null> => {
  const head = await readLinks(memory, headAddress)
  if (head === null) return null
  const visited = new Set<bigint>([headAddress])
  let odd = 0
  const follow = async (first: bigint, direction: 'flink' | 'blink'): Promise<{ values: Value[]; end: bigint }> => {
    const values: Value[] = []
    let address = first
    while (!visited.has(address) && visited.size <= limit) {
      const entry = isKernelAddress(address, memory.pointerBytes) ? await read(address) : null
      if (entry === null) break
      visited.add(address)
      if (entry.value === null) odd++
      else values.push(entry.value)
      address = entry[direction]
    }
    return { values, end: address }
  }
  const forwards = await follow(head.flink, 'flink')
  if (forwards.end === headAddress) return { values: forwards.values, odd, brokenAt: null, fromOtherEnd: 0 }
  const backwards = await follow(head.blink, 'blink')
  return {
    values: [...forwards.values, ...backwards.values.reverse()],
    odd,
    brokenAt: forwards.end,
    fromOtherEnd: backwards.values.length,
  }
}

/** LIST_ENTRY: the next entry's links, then the previous one's. Null unless both are in the dump. */
export const readLinks = async (
  memory: VirtualMemory,
  address: bigint,
): Promise<{ flink: bigint; blink: bigint } | null> => {
  const width = memory.pointerBytes
  if (!isKernelAddress(address, width)) return null
  const { bytes, gaps } = await memory.read(address, 2 * width)
  return gaps.length > 0 ? null : { flink: pointerAt(bytes, 0, width), blink: pointerAt(bytes, width, width) }
}
