import { useSyncExternalStore } from 'react'

const query = matchMedia('(max-width: 640px)')

const subscribe = (changed: () => void): (() => void) => {
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

/** Whether the window is a phone's: tables then show their first columns only. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches)
