import { useCallback, useEffect, useState } from 'react'
import type { CaseList } from '../../../shared/cases/api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { searchCases } from '../api/cases-client.ts'
import { type Polled, usePolled } from '../api/use-polled.ts'
import { isWaiting } from './case-words.ts'
import { mergeNewest } from './merge-newest.ts'

const allDecided = ({ cases }: CaseList): boolean => !cases.some(isWaiting)

export type CaseListState = {
  readonly cases: readonly CaseRecord[] | undefined
  /** The service looked at so many cases and no further; more may match. */
  readonly partial: boolean
  readonly error: unknown
  readonly loading: boolean
  readonly refresh: () => void
  /** Null when the list is complete. */
  readonly showOlder: (() => void) | null
  readonly loadingOlder: boolean
}

/**
 * The newest cases that the query `asked` means, looked at again while one of them waits for its verdict, and older ones
 * page by page. For one query: another one is for another component.
 */
export const useCaseList = (asked: string): CaseListState => {
  const load = useCallback((signal: AbortSignal) => searchCases(asked, null, signal), [asked])
  const newest: Polled<CaseList> = usePolled(`cases ${asked}`, load, allDecided)
  const [cases, setCases] = useState<readonly CaseRecord[]>()
  /** The last page of older cases; none yet: the newest page itself. */
  const [older, setOlder] = useState<CaseList>()
  const [loadingOlder, setLoadingOlder] = useState(false)
  const [olderError, setOlderError] = useState<unknown>()
  const { value } = newest
  const last = older ?? value

  useEffect(() => {
    if (value !== undefined) setCases((known) => mergeNewest(known ?? [], value))
  }, [value])

  const cursor = last?.nextCursor ?? null
  const showOlder = useCallback(async () => {
    setLoadingOlder(true)
    setOlderError(undefined)
    try {
      const page = await searchCases(asked, cursor, new AbortController().signal)
      const isNew = ({ caseId }: CaseRecord, known: readonly CaseRecord[]) =>
        known.every((record) => record.caseId !== caseId)
      setCases((known = []) => [...known, ...page.cases.filter((record) => isNew(record, known))])
      setOlder(page)
    } catch (error) {
      setOlderError(error)
    } finally {
      setLoadingOlder(false)
    }
  }, [asked, cursor])

  return {
    cases,
    partial: last?.partial === true,
    error: newest.error ?? olderError,
    loading: newest.loading,
    refresh: newest.refresh,
    showOlder: cursor === null ? null : showOlder,
    loadingOlder,
  }
}
