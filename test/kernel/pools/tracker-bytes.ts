import { keyOfTag } from '../../../shared/kernel/pools/pool-tag.ts'
import type { TrackerLayout } from '../../../shared/kernel/pools/pool-tracker-layout.ts'
import { seededRandom } from '../fake-memory.ts'

/** One row's counters; a negative number is written in two's complement, as one processor's share may be. */
export type Row = {
  readonly key: number
  readonly nonPaged?: readonly [allocations: number, frees: number, bytes: number]
  readonly paged?: readonly [allocations: number, frees: number, bytes: number]
}

/** Where Server 2003 puts a key: 40543 × key with its upper half folded in (reference 8.5). */
export const hashOf = (key: number, mask: number): number => {
  const product = BigInt(key) * 40543n
  return Number((product ^ (product >> 32n)) & 0xffffffffn) & mask
}

/** Places rows by a hash and linear probing, as the kernel does; the last row is the overflow bucket. */
export const placeRows = (
  rows: readonly Row[],
  slots: number,
  hash: (key: number, mask: number) => number = hashOf,
): (Row | null)[] => {
  const table: (Row | null)[] = Array.from({ length: slots + 1 }, () => null)
  for (const row of rows) {
    let at = hash(row.key, slots - 1)
    while (table[at] !== null) at = (at + 1) & (slots - 1)
    table[at] = row
  }
  return table
}

export const trackerBytes = (layout: TrackerLayout, table: readonly (Row | null)[]): Uint8Array => {
  const bytes = new Uint8Array(table.length * layout.entryBytes)
  const view = new DataView(bytes.buffer)
  const put = (offset: number, width: 4 | 8, value: number) => {
    if (width === 4) view.setUint32(offset, Number(BigInt.asUintN(32, BigInt(value))), true)
    else view.setBigInt64(offset, BigInt(value), true)
  }
  for (const [index, row] of table.entries()) {
    if (row === null) continue
    const at = index * layout.entryBytes
    view.setUint32(at, row.key, true)
    for (const [columns, values] of [
      [layout.nonPaged, row.nonPaged],
      [layout.paged, row.paged],
    ] as const) {
      if (values === undefined) continue
      put(at + columns.allocations, layout.countBytes, values[0])
      put(at + columns.frees, layout.countBytes, values[1])
      put(at + columns.bytes, layout.sizeBytes, values[2])
    }
  }
  return bytes
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '

/** So many different tags with plausible counters. */
export const someRows = (count: number, seed = 1): Row[] => {
  const random = seededRandom(seed)
  const number = (below: number) => Math.floor(random() * below)
  const tags = new Set<string>()
  while (tags.size < count) tags.add(Array.from({ length: 4 }, () => letters[number(letters.length)]).join(''))
  return [...tags].map((tag) => {
    const frees = number(10_000)
    const outstanding = number(500)
    return {
      key: keyOfTag(tag),
      nonPaged: [frees + outstanding, frees, outstanding * 8 * (1 + number(40))],
      paged: [number(100) + 100, 100, 4800],
    }
  })
}
