import { entryPartition, type Key } from '../item-keys.ts'
import type { CaseRecord } from '../records.ts'

/** What cases are found by. Each value that a case has of one is an entry in the search index. */
export type Facet =
  | 'state'
  | 'status'
  | 'verdict'
  | 'driver'
  | 'tag'
  | 'bugcheck'
  | 'host'
  | 'customer'
  | 'label'
  | 'assignee'
  | 'signature'
  | 'word'

export type Term = { readonly facet: Facet; readonly value: string }

/** Raised whenever `termsOf` gives other terms for the same record. */
export const termsVersion = 1

/** What `assignee` holds for a case that nobody works on. */
const nobody = 'none'

/** So many different words of a case are found, in the order of its fields. */
const mostWords = 120
const longestWord = 32

/** A value as people compare it: pool tags alone tell capitals from small letters. */
export const normalised = (facet: Facet, value: string): string => {
  const text = value.normalize('NFKC').trim()
  if (facet === 'tag') return text
  // 0x000000D1 and 0xd1 are one code.
  return facet === 'bugcheck' ? text.toLowerCase().replace(/^(0x)?0*(?=[0-9a-f])/, '0x') : text.toLowerCase()
}

/** The words of a text, as they are searched: letters and digits, small, none twice. */
export const wordsOf = (text: string): string[] => [
  ...new Set(
    (
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? []
    ).map((word) => word.slice(0, longestWord)),
  ),
]

/** What a case is found by: a pure function of its record. */
export const termsOf = (record: CaseRecord): Term[] => [
  ...factsOf(record),
  ...wordsOfCase(record).map((value) => ({ facet: 'word' as const, value })),
]

/** The words of a case, in the order of its fields. */
export const wordsOfCase = (record: CaseRecord): string[] => {
  const { tickets = [], labels = [] } = record
  const searched = [
    record.title,
    record.customer,
    record.host,
    record.driver,
    record.tag,
    ...labels,
    ...tickets.flatMap(({ name, url }) => [name, url]),
    record.assignee,
    record.bugcheck?.code,
    record.bugcheck?.name,
    record.caseId,
    record.description,
  ]
  return wordsOf(searched.filter((text) => typeof text === 'string').join(' ')).slice(0, mostWords)
}

/** Everything else that a case is found by. */
export const factsOf = (record: CaseRecord): Term[] => {
  const term = (facet: Facet, value: string | null | undefined): Term[] =>
    value === null || value === undefined || value.trim() === '' ? [] : [{ facet, value: normalised(facet, value) }]
  return [
    ...term('state', isClosed(record) ? 'closed' : 'open'),
    ...term('status', statusOf(record)),
    ...term('verdict', record.verdict),
    ...term('driver', record.driver),
    ...term('tag', record.tag),
    ...term('bugcheck', record.bugcheck?.code),
    ...term('host', record.host),
    ...term('customer', record.customer),
    ...(record.labels ?? []).flatMap((label) => term('label', label)),
    ...term('assignee', record.assignee ?? nobody),
    ...term('signature', record.signature),
  ]
}

export const isClosed = ({ closedAt }: CaseRecord): boolean => closedAt !== null && closedAt !== undefined

/** Records from before a status was kept tell by their verdict whether they are done. */
const statusOf = ({ status, verdict }: CaseRecord) => status ?? (verdict === null ? 'empty' : 'done')

/** A term as one text, for sets. */
export const termText = ({ facet, value }: Term): string => `${facet}#${value}`

export const parseTerm = (text: string): Term => {
  const end = text.indexOf('#')
  return { facet: text.slice(0, end) as Facet, value: text.slice(end + 1) }
}

/** Words that begin alike share a partition, so that a word is found by its beginning. */
const sharedLetters = 3
const wordGroup = (word: string): string => word.slice(0, sharedLetters)

/** Whether a search for `wanted` finds `word`. Too short a beginning is taken for the whole word. */
export const findsWord = (wanted: string, word: string): boolean =>
  wanted.length < sharedLetters ? word === wanted : word.startsWith(wanted)

/** Where the entries of a term are. */
export const partitionOf = (tenant: string, { facet, value }: Term): string =>
  entryPartition(tenant, facet, facet === 'word' ? wordGroup(value) : value)

/** The key of a case's entry for a term. The id comes first, so that entries sort by case. */
export const entryKey = (tenant: string, term: Term, caseId: string): Key => ({
  pk: partitionOf(tenant, term),
  sk: term.facet === 'word' ? `${caseId}#${term.value}` : caseId,
})

/** The case of an entry, and the word where it is one of a word. */
export const parseEntry = (sk: string): { readonly caseId: string; readonly word: string | null } => {
  const [caseId, word = null] = sk.split('#', 2)
  return { caseId, word }
}
