import type { DueKey, Key, ListKey } from './item-keys.ts'

/**
 * One item: a record under its key. `revision` grows by one with each write, so that a writer who read an older one is
 * noticed. A case also carries its place in the list of cases, and what is open the time when the sweep looks at it.
 */
export type Item = Key & Partial<ListKey> & Partial<DueKey> & { readonly revision: number; readonly record: unknown }

/**
 * All the store asks of DynamoDB: no transactions, streams or TTL. Reads by key are strongly consistent; the list of
 * cases and what is due, read from indexes, may lag by moments.
 */
export interface Table {
  get(key: Key): Promise<Item | null>
  /**
   * Writes `item` if the stored one is at revision `expected`, or, where that is null, if there is none. False: it was
   * not so, and nothing was written.
   */
  put(item: Item, expected: number | null): Promise<boolean>
  /** Every item of a partition whose sort key begins so, sorted by sort key. */
  query(pk: string, skPrefix?: string): Promise<Item[]>
  /** The keys of up to `limit` items of a partition of the index `due` up to (and with) `until`, the earliest first. */
  due(duePk: string, until: string, limit: number): Promise<Key[]>
  /** Up to `limit` listed items, the highest `listSk` first, beginning after (below) the key `after`. */
  list(listPk: string, limit: number, after: (Key & ListKey) | null): Promise<Item[]>
}
