import { describe, expect, test } from 'vitest'
import { idRandomBytes, lowestId, makeId, timeOfId } from '../../shared/cases/ids.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { CaseCursor, CaseQuery, matches, planQuery } from '../../shared/cases/search/case-query.ts'
import { entryKey, parseEntry, termsOf, wordsOf } from '../../shared/cases/search/search-terms.ts'
import { caseRecord } from './records.ts'

const record: CaseRecord = {
  ...caseRecord,
  caseId: makeId('case', new Date('2026-05-04T10:00:00Z'), new Uint8Array(idRandomBytes).fill(9)),
  title: 'Payroll server: hangs since Monday',
  customer: 'Contoso Ltd',
  host: 'PAY-01.contoso.example',
  driver: 'StorFilt.sys',
  tag: 'SfCb',
  bugcheck: { code: '0xd1', name: 'DRIVER_IRQL_NOT_LESS_OR_EQUAL' },
  verdict: 'culprit',
  status: 'done',
  labels: ['Urgent'],
  tickets: [{ url: 'https://tickets.example/INC-4711', name: 'INC-4711' }],
  description: 'Größe des Pools wächst.',
}
const finds = (query: CaseQuery) => matches(record, planQuery(CaseQuery.parse(query)))

describe('a case is found', () => {
  test.each<CaseQuery>([
    {},
    { text: 'payroll' },
    { text: 'PAYR serv' },
    { text: 'storfilt.sys' },
    { text: 'inc-4711' },
    { text: 'pay-01' },
    { text: 'irql' },
    { text: 'größe wächst' },
    { text: '0xd1' },
    { driver: 'storfilt.SYS' },
    { tag: 'SfCb' },
    { bugcheck: '0x000000D1' },
    { bugcheck: 'd1' },
    { customer: ' contoso ltd' },
    { labels: ['urgent'] },
    { assignee: 'none' },
    { state: 'open' },
    { status: ['failed', 'done'], verdict: ['culprit'] },
    { from: '2026-05-04', to: '2026-05-04' },
  ])('by %o', (query) => expect(finds(query)).toBe(true))

  test.each<CaseQuery>([
    { text: 'roll' },
    { text: 'payroll other' },
    { text: 'pa' },
    { tag: 'sfcb' },
    { driver: 'storfilt' },
    { assignee: 'anna' },
    { state: 'closed' },
    { status: ['failed'] },
    { labels: ['urgent', 'other'] },
    { from: '2026-05-05' },
    { to: '2026-05-03' },
  ])('not by %o', (query) => expect(finds(query)).toBe(false))
})

test('words are letters and digits of any script, small, once each, and bounded', () => {
  expect(wordsOf('Ab-cd ab_CD  Ｗide 东京')).toEqual(['ab', 'cd', 'wide', '东京'])
  expect(wordsOf('x'.repeat(1000))).toEqual(['x'.repeat(32)])
  const many = { ...record, description: Array.from({ length: 4000 }, (_, n) => n).join(' ') }
  expect(termsOf(many).length).toBeLessThan(150)
})

test('an entry’s key gives its case and word back', () => {
  for (const term of termsOf(record)) {
    const { caseId, word } = parseEntry(entryKey('t', term, record.caseId).sk)
    expect(caseId).toBe(record.caseId)
    expect(word).toBe(term.facet === 'word' ? term.value : null)
  }
})

test('ids have bounds by time', () => {
  const at = new Date('2026-05-04T10:00:00Z')
  const make = (ms: number, fill: number) => makeId('case', new Date(ms), new Uint8Array(idRandomBytes).fill(fill))
  expect(make(at.getTime(), 0) >= lowestId('case', at)).toBe(true)
  expect(make(at.getTime() - 1, 255) < lowestId('case', at)).toBe(true)
  expect(timeOfId(make(at.getTime(), 77))).toBe(at.getTime())
})

test('a cursor is an id, or just above one', () => {
  expect(CaseCursor.safeParse(record.caseId).success).toBe(true)
  expect(CaseCursor.safeParse(`${record.caseId}~`).success).toBe(true)
  expect(CaseCursor.safeParse(`${record.caseId}~~`).success).toBe(false)
  expect(CaseCursor.safeParse('case_').success).toBe(false)
})
