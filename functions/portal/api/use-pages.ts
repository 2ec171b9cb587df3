import { useCallback, useEffect, useRef, useState } from 'react'
import { maySucceedLater } from './api-error.ts'
import { nextPollDelay } from './poll-delay.ts'

export type Pages<T> = {
  readonly items: readonly T[] | undefined
  readonly error: unknown
  readonly loading: boolean
  /** Null when all is loaded. */
  readonly more: (() => void) | null
  /** From the first page again. */
  readonly reload: () => void
}

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

/**
 * A list that is read page by page. `load` must be stable; another `load` starts afresh. What failed for a reason that
 * may pass is tried again by itself, with growing pauses; the error stands until then.
 */
export const usePages = <T>(load: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>): Pages<T> => {
  const [items, setItems] = useState<readonly T[]>()
  const [cursor, setCursor] = useState<string | null>(null)
  const [error, setError] = useState<unknown>()
  const [loading, setLoading] = useState(true)
  const running = useRef<AbortController | null>(null)

  const read = useCallback(
    async (from: string | null) => {
      running.current?.abort()
      const stop = new AbortController()
      running.current = stop
      let delay: number | null = null
      const look = async (): Promise<void> => {
        setLoading(true)
        try {
          const page = await load(from, stop.signal)
          if (stop.signal.aborted) return
          setError(undefined)
          setItems((before) => (from === null ? page.items : [...(before ?? []), ...page.items]))
          setCursor(page.nextCursor)
        } catch (failure) {
          if (stop.signal.aborted) return
          setError(failure)
          if (maySucceedLater(failure)) {
            delay = nextPollDelay(delay, false)
            const timer = setTimeout(() => void look(), delay)
            stop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
          }
        }
        setLoading(false)
      }
      await look()
    },
    [load],
  )

  useEffect(() => {
    void read(null)
    return () => running.current?.abort()
  }, [read])

  return {
    items,
    error,
    loading,
    more: cursor === null ? null : () => void read(cursor),
    reload: useCallback(() => void read(null), [read]),
  }
}
