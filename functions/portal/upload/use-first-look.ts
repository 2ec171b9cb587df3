import { useEffect, useState } from 'react'
import { firstLook, firstLookBytes } from './first-look.ts'

/** The warning that a chosen file's first bytes give; null when they give none or cannot be read yet. */
export const useFirstLook = (file: File | null): string | null => {
  const [warning, setWarning] = useState<string | null>(null)
  useEffect(() => {
    setWarning(null)
    if (file === null) return
    let stale = false
    const look = async (): Promise<void> => {
      const beginning = await file.slice(0, firstLookBytes).arrayBuffer()
      if (!stale) setWarning(firstLook(new Uint8Array(beginning), file.size))
    }
    look().catch(() => {
      if (!stale) setWarning('This file cannot be read. Is it still there, and is it a file rather than a folder?')
    })
    return () => {
      stale = true
    }
  }, [file])
  return warning
}
