import { useCallback, useEffect, useState } from 'react'
import { maySucceedLater } from './api-error.ts'
import { nextPollDelay } from './poll-delay.ts'

export type Polled<T> = {
  readonly value: T | undefined
  /** The last look's failure. An older `value` stands beside it. */
  readonly error: unknown
  readonly loading: boolean
  readonly refresh: () => void
}

type Seen<T> = { readonly key: string; readonly value: T | undefined; readonly error: unknown }

/**
 * Loads what `key` names, and loads it again with growing pauses until it is settled. A new key starts afresh and shows
 * nothing of the old one. `load` and `settled` must be stable for one key.
 */
export const usePolled = <T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  settled: (value: T) => boolean,
): Polled<T> => {
  const [seen, setSeen] = useState<Seen<T>>({ key, value: undefined, error: undefined })
  const [round, setRound] = useState(0)
  const [asked, setAsked] = useState<string | null>(null)
  const refresh = useCallback(() => setRound((before) => before + 1), [])
  const request = `${round} ${key}`

  // `request` stands for everything that load and settled close over
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let delay: number | null = null
    let lastText: string | undefined

    const again = (changed: boolean): void => {
      delay = nextPollDelay(delay, changed)
      timer = setTimeout(look, delay)
    }
    const look = async (): Promise<void> => {
      try {
        const value = await load(stop.signal)
        if (stop.signal.aborted) return
        const text = JSON.stringify(value)
        if (text !== lastText) setSeen({ key, value, error: undefined })
        else setSeen((before) => (before.error === undefined ? before : { ...before, error: undefined }))
        if (!settled(value)) again(text !== lastText)
        lastText = text
      } catch (error) {
        if (stop.signal.aborted) return
        setSeen((before) => ({ key, value: before.key === key ? before.value : undefined, error }))
        if (maySucceedLater(error)) again(false)
      }
      setAsked(request)
    }
    void look()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [request])

  const current = seen.key === key ? seen : { value: undefined, error: undefined }
  return { value: current.value, error: current.error, loading: asked !== request, refresh }
}
