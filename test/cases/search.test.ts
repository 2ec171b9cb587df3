import { beforeAll, describe, expect, test } from 'vitest'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { type CaseQuery, matches, planQuery } from '../../shared/cases/search/case-query.ts'
import { mostReads } from '../../shared/cases/search/search.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { createRandom } from '../forge/random.ts'
import { countingTable, insertAll, manyCases } from './many-cases.ts'
import { memoryTable } from './memory-table.ts'

const memory = memoryTable()
const { table, requests } = countingTable(memory)
const store = caseStore(table, 'default')
const all = manyCases(10_000)
const newestFirst = all.toReversed()

beforeAll(async () => {
  await insertAll(caseStore(memory, 'default'), all)
  await insertAll(caseStore(memory, 'other'), manyCases(50, 'other'))
})

const idsOf = (records: readonly CaseRecord[]) => records.map(({ caseId }) => caseId)
const expected = (query: CaseQuery) => newestFirst.filter((record) => matches(record, planQuery(query)))

/** Every page of a search, with the most requests that one of them took. */
const searchAll = async (query: CaseQuery, limit: number) => {
  const found: CaseRecord[] = []
  let most = 0
  let partial = 0
  let cursor: string | null = null
  do {
    requests.length = 0
    const page = await store.search(query, { limit, cursor })
    most = Math.max(most, requests.length)
    if (page.partial) partial++
    else if (page.nextCursor !== null) expect(page.cases).toHaveLength(limit)
    found.push(...page.cases)
    cursor = page.nextCursor
  } while (cursor !== null)
  return { found, most, partial }
}

const queries: [string, CaseQuery][] = [
  ['nothing', {}],
  ['what is open', { state: 'open' }],
  ['what waits', { status: ['empty', 'uploading', 'analysing'] }],
  ['a common driver', { driver: 'DRV0.sys' }],
  ['a rare driver', { driver: 'drv8p.sys' }],
  ['a driver of nobody', { driver: 'nobody.sys' }],
  ['a tag, in its own capitals', { tag: 'T0' }],
  ['a bugcheck as people write it', { bugcheck: '0x0000007E' }],
  ['a host', { host: 'srv-77' }],
  ['a customer', { customer: 'fabrikam' }],
  ['a label', { labels: ['Escalated'] }],
  ['one person’s cases', { assignee: 'anna', state: 'open' }],
  ['nobody’s cases', { assignee: 'none', state: 'open' }],
  ['a cause', { signature: `sig1_${'1'.padStart(20, '0')}` }],
  ['days', { from: '2024-02-28', to: '2024-03-01' }],
  ['days of a customer', { customer: 'Adatum', from: '2025-01-01', to: '2025-12-31' }],
  ['a word’s beginning', { text: '4711' }],
  ['several words', { text: 'stops server 47 drv1' }],
  ['two long lists that share little', { customer: 'Adatum', driver: 'drv0.sys' }],
  ['a long list and a longer', { labels: ['escalated'], verdict: ['culprit', 'suspects'], state: 'closed' }],
]

describe('among 10,000 cases, a search for', () => {
  test.each(queries)(
    '%s finds each case that matches, newest first, in a bounded number of reads',
    async (_, query) => {
      const { found, most } = await searchAll(query, 100)
      expect(idsOf(found)).toEqual(idsOf(expected(query)))
      expect(most).toBeLessThanOrEqual(mostReads)
    },
  )

  test.each([
    ['the newest', {}, 1],
    ['what is open', { state: 'open' } as const, 2],
    ['a driver', { driver: 'drv2.sys' }, 2],
    ['three things at once', { driver: 'drv2.sys', state: 'closed', customer: 'Contoso' } as const, 8],
    ['a word', { text: 'srv-777' }, 6],
  ])('the first page of %s takes few reads', async (_, query, reads) => {
    requests.length = 0
    await store.search(query, { limit: 50, cursor: null })
    expect(requests.length).toBeLessThanOrEqual(reads)
  })

  test('things that are each common and never together ends at its limit, says so, and goes on from there', async () => {
    const query: CaseQuery = { customer: 'nobody', state: 'closed' }
    // Cases that once had this customer: the index still names them.
    for (const { caseId } of all.slice(0, 6000))
      await memory.raise({ pk: 'tenant#default#find#customer#nobody', sk: caseId, revision: 1, record: null })
    const { found, most, partial } = await searchAll(query, 50)
    expect(found).toEqual([])
    expect(most).toBeLessThanOrEqual(mostReads)
    expect(partial).toBeGreaterThan(0)
    expect(partial).toBeLessThan(5)
  })

  test('random things finds what going through all of them finds', async () => {
    const random = createRandom('queries')
    const pick = <T>(values: readonly T[]): T => values[random.u32() % values.length]
    const maybe = <K extends string, T>(key: K, value: T) => (random.u32() % 3 === 0 ? { [key]: value } : {})
    for (let round = 0; round < 6; round++) {
      const like = pick(all)
      const query = {
        ...maybe('driver', like.driver ?? 'x.sys'),
        ...maybe('customer', like.customer),
        ...maybe('state', pick(['open', 'closed'])),
        ...maybe('status', pick([['done'], ['analysing', 'empty']])),
        ...maybe('assignee', like.assignee ?? 'none'),
        ...maybe('text', pick([like.title, like.host, 'server 1', 'srv'])),
        ...maybe('verdict', [like.verdict ?? 'culprit']),
        ...maybe('from', like.createdAt.slice(0, 10)),
      } as CaseQuery
      const { found, most } = await searchAll(query, 90)
      expect(idsOf(found), JSON.stringify(query)).toEqual(idsOf(expected(query)))
      expect(most).toBeLessThanOrEqual(mostReads)
    }
  })
})

test('another tenant finds its own cases only', async () => {
  const page = await caseStore(table, 'other').search({ text: 'server' }, { limit: 100, cursor: null })
  expect(page.cases).toHaveLength(50)
  expect(page.cases.some(({ caseId }) => all.some((record) => record.caseId === caseId))).toBe(false)
})

test('cases of one cause are grouped and counted, the largest group first', async () => {
  const { groups, nextCursor } = await store.groups({ limit: 10, cursor: null })
  const counts = Map.groupBy(
    all.filter(({ signature }) => signature),
    ({ signature }) => signature!,
  )
  const largest = [...counts.values()].map((cases) => cases.length).sort((a, b) => b - a)
  expect(groups.map(({ cases, more }) => (more ? Math.max(cases, largest[0]) : cases))).toEqual(largest.slice(0, 10))
  for (const { signature, newestCaseId } of groups) expect(newestCaseId).toBe(counts.get(signature)?.at(-1)?.caseId)
  const next = await store.groups({ limit: 10, cursor: nextCursor })
  expect(next.groups.map(({ cases }) => cases)).toEqual(largest.slice(10, 20))
})
