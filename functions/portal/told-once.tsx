import { type ReactNode, useEffect, useRef } from 'react'

/** What is shown this once takes the focus: it is in view, and a keyboard's next stop is the button that copies it. */
export const ToldOnce = ({ children }: { readonly children: ReactNode }) => {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.focus(), [])
  return (
    <div ref={place} tabIndex={-1}>
      {children}
    </div>
  )
}
