import { useCallback, useEffect, useState } from 'react'
import { maySucceedLater } from '../api/api-error.ts'

export type Figures<T> = {
  readonly value: T | undefined
  /** The last look's failure. Older figures stand beside it. */
  readonly error: unknown
  readonly loading: boolean
  readonly refresh: () => void
}

/**
 * Figures that never settle: taken again at an even pace for as long as somebody can see the page, and at once when it
 * is seen again. What stands stays until there is something newer. `load` must be stable.
 */
export const useFigures = <T>(load: (signal: AbortSignal) => Promise<T>, everyMs: number): Figures<T> => {
  const [seen, setSeen] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: undefined })
  const [round, setRound] = useState(0)
  const [done, setDone] = useState(-1)
  const refresh = useCallback(() => setRound((before) => before + 1), [])

  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let looking = false
    let over = false

    const look = async (): Promise<void> => {
      clearTimeout(timer)
      if (looking || over || document.hidden) return
      looking = true
      try {
        const value = await load(stop.signal)
        if (stop.signal.aborted) return
        setSeen({ value, error: undefined })
      } catch (error) {
        if (stop.signal.aborted) return
        setSeen(({ value }) => ({ value, error }))
        over = !maySucceedLater(error)
      }
      looking = false
      setDone(round)
      timer = setTimeout(() => void look(), everyMs)
    }
    const onVisible = (): void => void look()
    document.addEventListener('visibilitychange', onVisible)
    void look()
    return () => {
      stop.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [load, everyMs, round])

  return { ...seen, loading: done !== round, refresh }
}
