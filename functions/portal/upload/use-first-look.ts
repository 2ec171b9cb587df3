import { useEffect, useState } from 'react'
import { type FirstLook, firstLook, firstLookBytes } from '../../../shared/upload/first-look.ts'

const unreadable: FirstLook = {
  looksWrong: true,
  what: 'This file cannot be read.',
  advice: 'Is it still there, is it a file rather than a folder, and does no other program keep it to itself?',
  asksForSettings: false,
}

/** What a chosen file's first bytes say; null before they are read. */
export const useFirstLook = (file: File | null): FirstLook | null => {
  const [look, setLook] = useState<FirstLook | null>(null)
  useEffect(() => {
    setLook(null)
    if (file === null) return
    let stale = false
    const read = async (): Promise<void> => {
      const beginning = await file.slice(0, firstLookBytes).arrayBuffer()
      if (!stale) setLook(firstLook(new Uint8Array(beginning), file.size))
    }
    read().catch(() => {
      if (!stale) setLook(unreadable)
    })
    return () => {
      stale = true
    }
  }, [file])
  return look
}
