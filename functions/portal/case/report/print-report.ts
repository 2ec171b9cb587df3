import { createContext, useCallback, useState } from 'react'
import { flushSync } from 'react-dom'

/** Prints the report that is shown, with the debugger's session as an appendix or without. */
export const PrintReport = createContext<(transcript: boolean) => void>(() => window.print())

/** Whether the appendix is there now, and how to print. A print by the browser's own menu is one without. */
export const usePrinting = (): { readonly transcript: boolean; readonly print: (transcript: boolean) => void } => {
  const [transcript, setTranscript] = useState(false)
  const print = useCallback((wanted: boolean) => {
    // The browser takes the page as it stands when it is asked to print.
    flushSync(() => setTranscript(wanted))
    addEventListener('afterprint', () => setTranscript(false), { once: true })
    window.print()
  }, [])
  return { transcript, print }
}
