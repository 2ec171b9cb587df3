import type { ChangeCase } from '../../../shared/cases/life/case-life-api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'

/** What a person types about a case, before it is sent. Labels are separated by commas. */
export type DetailsDraft = {
  readonly title: string
  readonly customer: string
  readonly host: string
  readonly assignee: string
  readonly labels: string
  readonly description: string
  readonly tickets: readonly { readonly url: string; readonly name: string }[]
}

export const emptyDraft: DetailsDraft = {
  title: '',
  customer: '',
  host: '',
  assignee: '',
  labels: '',
  description: '',
  tickets: [],
}

export const draftOf = (record: CaseRecord): DetailsDraft => ({
  title: record.title,
  customer: record.customer ?? '',
  host: record.host ?? '',
  assignee: record.assignee ?? '',
  labels: (record.labels ?? []).join(', '),
  description: record.description ?? '',
  tickets: (record.tickets ?? []).map(({ url, name }) => ({ url, name: name ?? '' })),
})

type Details = Required<Omit<ChangeCase, 'revision'>>

/** What the API takes for a draft; a ticket without an address is none. */
export const detailsOf = (draft: DetailsDraft): Details => ({
  title: draft.title.trim(),
  customer: orNull(draft.customer),
  host: orNull(draft.host),
  assignee: orNull(draft.assignee),
  description: orNull(draft.description),
  labels: draft.labels.split(',').flatMap((label) => (label.trim() === '' ? [] : [label.trim()])),
  tickets: draft.tickets.flatMap(({ url, name }) =>
    url.trim() === '' ? [] : [{ url: url.trim(), name: orNull(name) }],
  ),
})

/** Only what differs, so that nothing is written that nobody meant to change. */
export const changesOf = (record: CaseRecord, draft: DetailsDraft): Partial<Details> => {
  const before = detailsOf(draftOf(record))
  const after = detailsOf(draft)
  const names = Object.keys(after) as (keyof Details)[]
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]))
      .map((name) => [name, after[name]]),
  )
}

/** Whether an address may become a link; anything but a web address stays text. */
export const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url)

/** Why a draft cannot be sent; null when it can. */
export const draftProblem = (draft: DetailsDraft): string | null => {
  if (draft.title.trim() === '') return 'A case needs a title.'
  const bad = draft.tickets.find(({ url }) => url.trim() !== '' && !isWebAddress(url.trim()))
  return bad === undefined
    ? null
    : `“${bad.url.trim()}” is not a web address; it has to start with https:// or http://.`
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())
