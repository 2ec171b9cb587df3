import { type Collection, dueKey, lostEveryTime, mostTries } from '../collection.ts'
import { caseListPartition, casePartition, type DueKey, duePartition, sortKeys } from '../item-keys.ts'
import { later, patienceMs } from '../patience.ts'
import { CaseRecord } from '../records.ts'
import type { Item, Table } from '../table.ts'
import { recountGroup } from './case-groups.ts'
import { entryKey, parseTerm, type Term, termsOf, termsVersion, termText } from './search-terms.ts'

type CaseId = { readonly caseId: string }

/**
 * The cases, with their entries in the search index kept as the records say, in three steps without a transaction:
 *
 * 1. The record is written, and with it the entries that may now be wrong (`stale`) and a time for the sweep.
 * 2. New entries are written and wrong ones removed; groups whose cases changed are counted.
 * 3. The mark is taken off, if nobody wrote the record meanwhile; otherwise it is for that writer to do. It stays where
 *    so many cases of a group change at once that this one could not count it.
 *
 * After a crash between any two of them the sweep, or the next writer, does the rest. Entries carry the revision of the
 * case they were written for, so that one who comes late neither brings an entry back nor removes a later one.
 */
export type IndexedCases = Collection<CaseRecord, CaseId> & {
  /** Makes the index of one case say what its record says. */
  settle(id: CaseId): Promise<void>
}

export const indexedCases = (table: Table, tenant: string, now: () => Date): IndexedCases => {
  const keyOf = ({ caseId }: CaseId) => ({ pk: casePartition(tenant, caseId), sk: sortKeys.case() })
  const listKey = ({ caseId }: CaseId) => ({ listPk: caseListPartition(tenant), listSk: caseId })

  /** Steps 2 and 3, for an item as it was just written. */
  const bringUpToDate = async (item: Item, missing: readonly Term[]): Promise<void> => {
    const record = CaseRecord.parse(item.record)
    const { revision } = item
    const stale = (item.stale ?? []).map(parseTerm)
    const entry = (term: Term) => entryKey(tenant, term, record.caseId)
    await Promise.all([
      ...missing.map((term) => table.raise({ ...entry(term), revision, record: null })),
      ...stale.map((term) => table.remove(entry(term), revision)),
    ])
    let isCounted = true
    for (const { facet, value } of [...missing, ...stale]) {
      if (facet !== 'signature') continue
      const example = value === record.signature ? record : null
      isCounted = (await recountGroup(table, tenant, value, example)) && isCounted
    }

    const { stale: _settled, duePk: _partition, dueSk: _time, ...settled } = item
    if (isCounted && (await table.put({ ...settled, ...dueKey(record), revision: revision + 1 }, revision))) return
    // Whoever wrote meanwhile removed what was wrong for them, perhaps before it was written here.
    const current = await table.get(keyOf(record))
    const right = current === null ? new Set() : new Set(termsOf(CaseRecord.parse(current.record)).map(termText))
    const wrong = missing.filter((term) => !right.has(termText(term)))
    await Promise.all(wrong.map((term) => table.remove(entry(term), current?.revision ?? revision)))
  }

  return {
    get: async (id) => {
      const item = await table.get(keyOf(id))
      return item === null ? null : CaseRecord.parse(item.record)
    },
    insert: async (id, record) => {
      const { item, missing } = withIndex({ ...keyOf(id), ...listKey(id), revision: 1 }, null, record, now())
      if (!(await table.put(item, null))) return false
      await bringUpToDate(item, missing)
      return true
    },
    change: async (id, step) => {
      for (let tries = 0; tries < mostTries; tries++) {
        const before = await table.get(keyOf(id))
        if (before === null) return { record: null, refused: 'absent' }
        const record = CaseRecord.parse(before.record)
        const decided = step(record)
        if (decided.refused !== undefined) return { record, refused: decided.refused }
        const place = { ...keyOf(id), ...listKey(id), revision: before.revision + 1 }
        const { item, missing } = withIndex(place, before, decided.next, now())
        if (!(await table.put(item, before.revision))) continue
        if (item.stale !== undefined) await bringUpToDate(item, missing)
        return { record: decided.next }
      }
      throw lostEveryTime(keyOf(id))
    },
    settle: async (id) => {
      const before = await table.get(keyOf(id))
      if (before === null || (before.stale === undefined && before.indexed === termsVersion)) return
      const record = CaseRecord.parse(before.record)
      const place = { ...keyOf(id), ...listKey(id), revision: before.revision + 1 }
      const { item, missing } = withIndex(place, before, record, now())
      if (await table.put(item, before.revision)) await bringUpToDate(item, missing)
    },
  }
}

/** The item to write for a record, marked where its entries have to change, and the entries to write. */
const withIndex = (
  place: Omit<Item, 'record'>,
  before: Item | null,
  next: CaseRecord,
  at: Date,
): { item: Item; missing: Term[] } => {
  const old = before === null ? [] : termsOf(CaseRecord.parse(before.record))
  const wanted = termsOf(next)
  const wantedTexts = new Set(wanted.map(termText))
  // What an unsettled item has, or one of another version, is not known.
  const known = before?.indexed === termsVersion && before.stale === undefined ? new Set(old.map(termText)) : new Set()
  const missing = wanted.filter((term) => !known.has(termText(term)))
  const stale = [...new Set([...old.map(termText), ...(before?.stale ?? [])])].filter((text) => !wantedTexts.has(text))
  const base = { ...place, indexed: termsVersion, record: next }
  if (missing.length === 0 && stale.length === 0) return { item: { ...base, ...dueKey(next) }, missing }
  return { item: { ...base, ...earlier(dueKey(next), later(at, patienceMs)), stale }, missing }
}

const earlier = ({ dueSk }: Partial<DueKey>, at: Date): DueKey => {
  const time = at.toISOString()
  return { duePk: duePartition, dueSk: dueSk !== undefined && dueSk < time ? dueSk : time }
}
