import type { ReactNode } from 'react'
import type { Tone } from './verdict/verdict-words.ts'

type NoticeProps = { readonly tone: Tone; readonly title: string; readonly children?: ReactNode }

/** Something the reader must know before going on. Trouble interrupts a screen reader, the rest waits its turn. */
export const Notice = ({ tone, title, children }: NoticeProps) => (
  <section className={`notice tone-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <strong>{title}</strong>
    {children}
  </section>
)
