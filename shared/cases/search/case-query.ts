import { z } from 'zod'
import { Verdict } from '../../analysis/finding.ts'
import { isId, lowestId } from '../ids.ts'
import { type CaseRecord, CaseStatus } from '../records.ts'
import {
  type Facet,
  factsOf,
  findsWord,
  normalised,
  type Term,
  termText,
  wordsOf,
  wordsOfCase,
} from './search-terms.ts'

const value = z.string().trim().min(1).max(300)

/**
 * Which cases are meant. Everything said must hold; an empty query means all cases. Values are compared without regard
 * to capitals, except for pool tags.
 */
export const CaseQuery = z.strictObject({
  /** Words, each of which must begin a word of the case (a word of one or two letters must be one). */
  text: z.string().trim().min(1).max(300).optional(),
  state: z.enum(['open', 'closed']).optional(),
  /** Any of them. */
  status: z.array(CaseStatus).min(1).max(10).optional(),
  verdict: z.array(Verdict).min(1).max(10).optional(),
  driver: value.optional(),
  tag: value.optional(),
  bugcheck: value.optional(),
  host: value.optional(),
  customer: value.optional(),
  /** All of them. */
  labels: z.array(value).min(1).max(10).optional(),
  /** A person's subject, or `none`. */
  assignee: value.optional(),
  signature: value.optional(),
  /** Days in UTC on which the case was opened, both included. */
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
})
export type CaseQuery = z.infer<typeof CaseQuery>

/**
 * Where a search goes on: it has dealt with every case from here up. A case's id, or with `~` after it just above that
 * case; for callers it is opaque.
 */
export const CaseCursor = z
  .string()
  .refine((text) => isId('case', text.replace(/~$/, '')), 'is not a cursor of this list')

/** A query taken apart. Of each list of terms one must hold, and every word must begin one of the case's. */
export type PlannedQuery = {
  readonly anyOf: readonly (readonly Term[])[]
  readonly words: readonly string[]
  /** Only ids from here up; null: all. */
  readonly fromId: string | null
  /** Only ids below this; null: all. */
  readonly belowId: string | null
}

const day = 24 * 60 * 60 * 1000

/** Takes a query apart, the conditions first that few cases meet. */
export const planQuery = (query: CaseQuery): PlannedQuery => {
  const terms = (facet: Facet, ...values: (string | undefined)[]): Term[][] => {
    const given = values.filter((each) => each !== undefined)
    return given.length === 0 ? [] : [given.map((each) => ({ facet, value: normalised(facet, each) }))]
  }
  return {
    anyOf: [
      ...terms('signature', query.signature),
      ...terms('host', query.host),
      ...(query.labels ?? []).flatMap((label) => terms('label', label)),
      ...terms('driver', query.driver),
      ...terms('tag', query.tag),
      ...terms('customer', query.customer),
      ...terms('bugcheck', query.bugcheck),
      ...terms('assignee', query.assignee),
      ...terms('status', ...(query.status ?? [])),
      ...terms('verdict', ...(query.verdict ?? [])),
      ...terms('state', query.state),
    ],
    words: wordsOf(query.text ?? ''),
    fromId: query.from === undefined ? null : lowestId('case', new Date(query.from)),
    belowId: query.to === undefined ? null : lowestId('case', new Date(Date.parse(query.to) + day)),
  }
}

/** Whether a case is one of those meant. The record decides; the index only says where to look. */
export const matches = (record: CaseRecord, { anyOf, words, fromId, belowId }: PlannedQuery): boolean => {
  if ((fromId !== null && record.caseId < fromId) || (belowId !== null && record.caseId >= belowId)) return false
  const facts = new Set(factsOf(record).map(termText))
  if (!anyOf.every((alternatives) => alternatives.some((term) => facts.has(termText(term))))) return false
  const own = words.length === 0 ? [] : wordsOfCase(record)
  return words.every((wanted) => own.some((word) => findsWord(wanted, word)))
}
