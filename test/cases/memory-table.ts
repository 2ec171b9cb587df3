import type { Key } from '../../shared/cases/item-keys.ts'
import type { Item, Table } from '../../shared/cases/table.ts'

/** The table port in memory, by DynamoDB's rules: conditional puts, partitions sorted by sort key. */
export const memoryTable = (): Table & { readonly items: Map<string, Item> } => {
  const items = new Map<string, Item>()
  const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`
  const namesIn = new Map<string, Set<string>>()
  const write = (item: Item) => {
    const names = namesIn.get(item.pk) ?? new Set()
    namesIn.set(item.pk, names.add(nameOf(item)))
    items.set(nameOf(item), structuredClone(item))
    return true
  }
  const partition = (pk: string) =>
    [...(namesIn.get(pk) ?? [])].map((name) => items.get(name)).filter((item) => item !== undefined)
  const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return {
    items,
    get: async (key) => structuredClone(items.get(nameOf(key)) ?? null),
    put: async (item, expected) => {
      const current = items.get(nameOf(item))?.revision ?? null
      if (current !== expected) return false
      return write(item)
    },
    query: async (pk, skPrefix = '') =>
      structuredClone(
        partition(pk)
          .filter(({ sk }) => sk.startsWith(skPrefix))
          .sort((a, b) => byText(a.sk, b.sk)),
      ),
    due: async (duePk, until, limit) =>
      [...items.values()]
        .filter((item) => item.duePk === duePk && item.dueSk! <= until)
        .sort((a, b) => byText(a.dueSk!, b.dueSk!))
        .slice(0, limit)
        .map(({ pk, sk }) => ({ pk, sk })),
    list: async (listPk, below, limit) =>
      structuredClone(
        [...items.values()]
          .filter((item) => item.listPk === listPk && (below === null || item.listSk! < below))
          .sort((a, b) => byText(b.listSk!, a.listSk!))
          .slice(0, limit),
      ),
    listUp: async (listPk, above, limit) =>
      structuredClone(
        [...items.values()]
          .filter((item) => item.listPk === listPk && (above === null || item.listSk! > above))
          .sort((a, b) => byText(a.listSk!, b.listSk!))
          .slice(0, limit),
      ),
    page: async (pk, below, limit) =>
      structuredClone(
        partition(pk)
          .filter(({ sk }) => below === null || sk < below)
          .sort((a, b) => byText(b.sk, a.sk))
          .slice(0, limit),
      ),
    getMany: async (keys) => {
      if (keys.length > 100) throw new Error('A batch has at most 100 keys.')
      return structuredClone(keys.map((key) => items.get(nameOf(key))).filter((item) => item !== undefined))
    },
    raise: async (item) => {
      if ((items.get(nameOf(item))?.revision ?? 0) >= item.revision) return false
      return write(item)
    },
    remove: async (key, upTo) => {
      if ((items.get(nameOf(key))?.revision ?? 0) > upTo) return false
      namesIn.get(key.pk)?.delete(nameOf(key))
      items.delete(nameOf(key))
      return true
    },
  }
}
