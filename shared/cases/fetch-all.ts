import type { Key } from './item-keys.ts'
import type { Item, Table } from './table.ts'

const keysPerFetch = 100

/** The items there are of any number of keys, by `nameOf` their key. A key may come twice. */
export const fetchAll = async (table: Table, keys: readonly Key[]): Promise<Map<string, Item>> => {
  const wanted = [...new Map(keys.map((key) => [nameOf(key), key])).values()]
  const fetches = Array.from({ length: Math.ceil(wanted.length / keysPerFetch) }, (_, index) =>
    table.getMany(wanted.slice(index * keysPerFetch, (index + 1) * keysPerFetch)),
  )
  return new Map((await Promise.all(fetches)).flat().map((item) => [nameOf(item), item]))
}

export const nameOf = ({ pk, sk }: Key): string => `${pk} ${sk}`
