import { useCallback, useEffect, useState } from 'react'
import type { CaseList } from '../../../shared/cases/api.ts'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { listCases } from '../api/client.ts'
import { type Polled, usePolled } from '../api/use-polled.ts'
import { isWaiting } from './case-words.ts'
import { mergeNewest } from './merge-newest.ts'

const newestCases = (signal: AbortSignal): Promise<CaseList> => listCases(null, signal)
const allDecided = ({ cases }: CaseList): boolean => !cases.some(isWaiting)

export type CaseListState = {
  readonly cases: readonly CaseRecord[] | undefined
  readonly error: unknown
  readonly loading: boolean
  readonly refresh: () => void
  /** Null when the list is complete. */
  readonly showOlder: (() => void) | null
  readonly loadingOlder: boolean
}

/** The newest cases, looked at again while one of them waits for its verdict, and older ones page by page. */
export const useCaseList = (): CaseListState => {
  const newest: Polled<CaseList> = usePolled('cases', newestCases, allDecided)
  const [cases, setCases] = useState<readonly CaseRecord[]>()
  const [cursor, setCursor] = useState<string | null>()
  const [loadingOlder, setLoadingOlder] = useState(false)
  const [olderError, setOlderError] = useState<unknown>()
  const { value } = newest

  useEffect(() => {
    if (value === undefined) return
    setCases((known) => mergeNewest(known ?? [], value.cases))
    setCursor((before) => (before === undefined ? value.nextCursor : before))
  }, [value])

  const showOlder = useCallback(async () => {
    if (cursor === null || cursor === undefined) return
    setLoadingOlder(true)
    setOlderError(undefined)
    try {
      const older = await listCases(cursor, new AbortController().signal)
      setCases((known) => mergeNewest(older.cases, known ?? []))
      setCursor(older.nextCursor)
    } catch (error) {
      setOlderError(error)
    } finally {
      setLoadingOlder(false)
    }
  }, [cursor])

  return {
    cases,
    error: newest.error ?? olderError,
    loading: newest.loading,
    refresh: newest.refresh,
    showOlder: cursor ? showOlder : null,
    loadingOlder,
  }
}
