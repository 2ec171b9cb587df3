import type { Key } from '../../shared/cases/item-keys.ts'
import type { Item, Table } from '../../shared/cases/table.ts'

/** The table port in memory, by DynamoDB's rules: conditional puts, partitions sorted by sort key. */
export const memoryTable = (): Table & { readonly items: Map<string, Item> } => {
  const items = new Map<string, Item>()
  const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`
  const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return {
    items,
    get: async (key) => structuredClone(items.get(nameOf(key)) ?? null),
    put: async (item, expected) => {
      const current = items.get(nameOf(item))?.revision ?? null
      if (current !== expected) return false
      items.set(nameOf(item), structuredClone(item))
      return true
    },
    query: async (pk, skPrefix = '') =>
      structuredClone(
        [...items.values()]
          .filter((item) => item.pk === pk && item.sk.startsWith(skPrefix))
          .sort((a, b) => byText(a.sk, b.sk)),
      ),
    due: async (duePk, until, limit) =>
      [...items.values()]
        .filter((item) => item.duePk === duePk && item.dueSk! <= until)
        .sort((a, b) => byText(a.dueSk!, b.dueSk!))
        .slice(0, limit)
        .map(({ pk, sk }) => ({ pk, sk })),
    list: async (listPk, limit, after) =>
      structuredClone(
        [...items.values()]
          .filter((item) => item.listPk === listPk && (after === null || item.listSk! < after.listSk))
          .sort((a, b) => byText(b.listSk!, a.listSk!))
          .slice(0, limit),
      ),
  }
}
