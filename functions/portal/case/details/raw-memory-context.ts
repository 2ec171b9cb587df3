import { createContext } from 'react'

/** Whether the page has a look at raw memory, for addresses that the transcript does not show. */
export const HasRawMemory = createContext(false)
