import type { DueKey, Key, ListKey } from './item-keys.ts'

/** What an item of a case says about its entries in the search index (shared/cases/search/indexed-cases.ts). */
export type IndexState = {
  /** The version of the terms that its entries were made by. */
  readonly indexed?: number
  /** Entries that may be there and must not be; present while the index does not yet say what the record says. */
  readonly stale?: readonly string[]
}

/**
 * One item: a record under its key. `revision` grows by one with each write, so that a writer who read an older one is
 * noticed. A case also carries its place in the list of cases, and what is open the time when the sweep looks at it.
 */
export type Item = Key &
  Partial<ListKey> &
  Partial<DueKey> &
  IndexState & { readonly revision: number; readonly record: unknown }

/**
 * All the store asks of DynamoDB: no scans, transactions, streams or TTL. Reads of the table are strongly consistent,
 * except for `getMany`; that and what is read from the indexes (`list`, `due`) may lag by moments.
 */
export interface Table {
  get(key: Key): Promise<Item | null>
  /** The items there are of up to 100 keys, in any order. */
  getMany(keys: readonly Key[]): Promise<Item[]>
  /**
   * Writes `item` if the stored one is at revision `expected`, or, where that is null, if there is none. False: it was
   * not so, and nothing was written.
   */
  put(item: Item, expected: number | null): Promise<boolean>
  /** Writes `item` unless the stored one is at the same revision or a later one; false then. */
  raise(item: Item): Promise<boolean>
  /** Removes an item, if it is there, unless it is at a later revision than `upTo`; false then. */
  remove(key: Key, upTo: number): Promise<boolean>
  /** Every item of a partition whose sort key begins so, sorted by sort key. */
  query(pk: string, skPrefix?: string): Promise<Item[]>
  /** Up to `limit` items of a partition, the highest sort key first, below `below` (null: from the highest). */
  page(pk: string, below: string | null, limit: number): Promise<Item[]>
  /** The keys of up to `limit` items of a partition of the index `due` up to (and with) `until`, the earliest first. */
  due(duePk: string, until: string, limit: number): Promise<Key[]>
  /** Up to `limit` listed items, the highest `listSk` first, below `below` (null: from the highest). */
  list(listPk: string, below: string | null, limit: number): Promise<Item[]>
  /** The same from the other end: the lowest `listSk` first, above `above` (null: from the lowest). */
  listUp(listPk: string, above: string | null, limit: number): Promise<Item[]>
}
