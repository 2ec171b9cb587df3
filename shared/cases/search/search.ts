import { type Budget, type IdStream, intersectionOf, pagedStream, unionOf } from '../id-stream.ts'
import { timeOfId } from '../ids.ts'
import { caseListPartition, casePartition, sortKeys } from '../item-keys.ts'
import { CaseRecord } from '../records.ts'
import type { Table } from '../table.ts'
import { type CaseQuery, matches, type PlannedQuery, planQuery } from './case-query.ts'
import { findsWord, parseEntry, partitionOf, type Term } from './search-terms.ts'

/**
 * Search without scans. Each thing a case can be found by has a partition of entries, sorted by case and so by time
 * (shared/cases/search/search-terms.ts). A search walks the shortest of these lists, or several that are about as long in step,
 * fetches the cases they name a hundred at a time, and lets each record decide. So an entry that is out of date costs a
 * read and never shows a wrong case, and a search ends after a fixed number of reads, with a cursor to go on from.
 */
export type SearchPage = {
  readonly cases: CaseRecord[]
  /** Where to go on; null when there is nothing older. */
  readonly nextCursor: string | null
  /** The reads were used up before the page was full: more may match further back. */
  readonly partial: boolean
}

export type SearchLimits = {
  /** Cases of a page. */
  readonly limit: number
  /** `nextCursor` of the page before; null for the first. */
  readonly cursor: string | null
}

/** Requests to the table that one search makes at most. */
export const mostReads = 40

/** Lists walked at once; conditions beyond that are left to the record. */
const mostLists = 12
const entriesOfFirstPage = 150
const entriesPerPage = 500
const casesPerFetch = 100

/** A list this many times as dense as the sparsest one is left to the record: a step in it would cost a read. */
const densest = 8

/** Below every bound: ids are text in this order. */
const top = '~'

/** The cases that match, newest first: a page of at most `limit`, in at most `mostReads` requests. */
export const searchCases = async (
  table: Table,
  tenant: string,
  query: CaseQuery,
  { limit, cursor }: SearchLimits,
): Promise<SearchPage> => {
  const plan = planQuery(query)
  const budget: Budget = { left: mostReads }
  const start = [plan.belowId, cursor].filter((each) => each !== null).sort()[0] ?? top
  const listed = plan.anyOf.length === 0 && plan.words.length === 0
  const candidates = listed ? null : await walk(streamsOf(table, tenant, plan, budget), start)
  const found: CaseRecord[] = []
  let below = start
  // One more than asked for tells whether another page follows.
  for (let want = limit + 1; found.length < want; ) {
    const batch =
      candidates === null
        ? await nextListed(table, tenant, below, want - found.length, budget)
        : await nextCandidates(candidates, table, tenant, below, budget, below === start ? want : casesPerFetch)
    found.push(...batch.records.filter((record) => matches(record, plan)))
    below = batch.below
    if (batch.end === 'all' || (plan.fromId !== null && below <= plan.fromId)) break
    if (batch.end === 'spent' && found.length < want)
      return { cases: found.slice(0, limit), nextCursor: below, partial: found.length < limit }
  }
  const cases = found.slice(0, limit)
  return { cases, nextCursor: found.length > limit ? cases[limit - 1].caseId : null, partial: false }
}

/** Records looked at, and the bound under which nothing has been looked at yet. */
type Batch = { readonly records: CaseRecord[]; readonly below: string; readonly end: 'more' | 'all' | 'spent' }

/** Where nothing tells cases apart but time, the list of all cases is itself the answer. */
const nextListed = async (
  table: Table,
  tenant: string,
  below: string,
  limit: number,
  budget: Budget,
): Promise<Batch> => {
  if (budget.left === 0) return { records: [], below, end: 'spent' }
  budget.left--
  const items = await table.list(caseListPartition(tenant), below === top ? null : below, limit)
  const records = items.map(({ record }) => CaseRecord.parse(record))
  return { records, below: records.at(-1)?.caseId ?? below, end: items.length < limit ? 'all' : 'more' }
}

const nextCandidates = async (
  stream: IdStream,
  table: Table,
  tenant: string,
  below: string,
  budget: Budget,
  /** Cases to fetch, if the stream has as many. */
  most: number,
): Promise<Batch> => {
  if (budget.left === 0) return { records: [], below, end: 'spent' }
  // The last read is for the records themselves.
  budget.left--
  const ids: string[] = []
  let bound = below
  let end: Batch['end'] = 'more'
  while (ids.length < Math.min(most, casesPerFetch) && end === 'more') {
    const next = await stream.next(bound)
    if (next === 'end') end = 'all'
    else if ('spent' in next) {
      end = 'spent'
      bound = next.spent
    } else {
      ids.push(next.id)
      bound = next.id
    }
  }
  if (ids.length === 0) return { records: [], below: bound, end }
  const keys = ids.map((caseId) => ({ pk: casePartition(tenant, caseId), sk: sortKeys.case() }))
  const items = await table.getMany(keys)
  const records = items.map(({ record }) => CaseRecord.parse(record))
  return { records: records.sort((a, b) => (a.caseId < b.caseId ? 1 : -1)), below: bound, end }
}

const streamsOf = (table: Table, tenant: string, { anyOf, words }: PlannedQuery, budget: Budget): IdStream[] => {
  const entries = (term: Term): IdStream =>
    pagedStream(
      {
        read: async (below, limit) =>
          (await table.page(partitionOf(tenant, term), below === top ? null : below, limit)).map(({ sk }) => sk),
        idOf: (sk) => parseEntry(sk).caseId,
        wants: (sk) => term.facet !== 'word' || findsWord(term.value, parseEntry(sk).word ?? ''),
        firstPage: entriesOfFirstPage,
        pageSize: entriesPerPage,
      },
      budget,
    )
  const lists = [...words.map((value) => [{ facet: 'word' as const, value }]), ...anyOf]
  const streams: IdStream[] = []
  let walked = 0
  for (const terms of lists) {
    walked += terms.length
    if (walked > mostLists && streams.length > 0) break
    streams.push(unionOf(terms.map(entries)))
  }
  return streams
}

/** The streams worth walking: the sparsest, and those that are not much denser. Reads the first page of each. */
const walk = async (streams: readonly IdStream[], start: string): Promise<IdStream> => {
  const first = await Promise.all(streams.map((stream) => stream.next(start)))
  // A list that ends before it begins answers at once.
  const empty = first.indexOf('end')
  if (empty !== -1) return streams[empty]
  const heads = first.flatMap((found) => (found !== 'end' && 'id' in found ? [found.id] : []))
  const newest = Math.max(0, ...heads.map(timeOfId))
  const spans = streams.map((stream) => newest - timeReached(stream.reached()))
  const longest = Math.max(...spans)
  const walked = streams.filter((_, index) => spans[index] * densest >= longest)
  return intersectionOf(walked.length > 0 ? walked : [streams[spans.indexOf(longest)]])
}

const timeReached = (reached: string): number => (reached === '' ? 0 : timeOfId(reached))
