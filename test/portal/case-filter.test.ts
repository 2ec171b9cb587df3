import { expect, test } from 'vitest'
import {
  changesOf,
  detailsOf,
  draftOf,
  draftProblem,
  emptyDraft,
} from '../../functions/portal/case-life/details-draft.ts'
import { filterOf, searchOf, valueLabel, withoutValue, withValue } from '../../functions/portal/cases/case-filter.ts'
import { CaseSearch } from '../../shared/cases/search/case-search-api.ts'
import { caseRecord } from '../cases/records.ts'

test('a filter goes into the address and comes back, in the words of the API', () => {
  const filter = { text: 'web server', status: 'empty,uploading', driver: 'a&b.sys', label: 'x,y', from: '2026-05-01' }
  const search = searchOf(filter)
  expect(filterOf(new URLSearchParams(search))).toEqual(filter)
  expect(filterOf(new URLSearchParams(`${search}&view=causes&dump=1&customer=%20`))).toEqual(filter)
  const parsed = CaseSearch.parse(Object.fromEntries(new URLSearchParams(search)))
  expect(parsed).toMatchObject({ status: ['empty', 'uploading'], label: ['x', 'y'], driver: 'a&b.sys' })
})

test('values are added to what may have several, and replace what has one', () => {
  let filter = withValue({}, 'status', 'empty')
  filter = withValue(withValue(filter, 'status', 'done'), 'status', 'empty')
  filter = withValue(withValue(filter, 'driver', 'a.sys'), 'driver', 'b.sys')
  expect(filter).toEqual({ status: 'empty,done', driver: 'b.sys' })
  expect(withoutValue(withoutValue(filter, 'status', 'empty'), 'driver', 'b.sys')).toEqual({ status: 'done' })
  expect([valueLabel('status', 'failed'), valueLabel('assignee', 'none'), valueLabel('driver', 'x.sys')]).toEqual([
    'Analysis failed',
    'nobody',
    'x.sys',
  ])
})

test('a draft of a case’s details sends what was changed and nothing else', () => {
  const record = {
    ...caseRecord,
    customer: 'Contoso',
    labels: ['a'],
    tickets: [{ url: 'https://t.example/1', name: null }],
  }
  const draft = draftOf(record)
  expect(changesOf(record, draft)).toEqual({})
  expect(changesOf(record, { ...draft, customer: ' ', labels: 'a, b,', host: ' h ' })).toEqual({
    customer: null,
    labels: ['a', 'b'],
    host: 'h',
  })
  expect(detailsOf({ ...emptyDraft, title: ' T ', tickets: [{ url: ' ', name: 'x' }] })).toMatchObject({
    title: 'T',
    tickets: [],
  })
})

test('a draft without a title, or with a link that is no web address, says so before it is sent', () => {
  expect(draftProblem(emptyDraft)).toMatch(/title/)
  expect(draftProblem({ ...emptyDraft, title: 'T' })).toBeNull()
  for (const url of ['javascript:alert(1)', 'tickets.example/1', 'file:///x', 'https://'])
    expect(draftProblem({ ...emptyDraft, title: 'T', tickets: [{ url, name: '' }] }), url).toMatch(/not a web address/)
})
