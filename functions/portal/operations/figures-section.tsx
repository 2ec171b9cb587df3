import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { messageOf } from '../api/api-error.ts'
import { Loading } from '../loading.tsx'
import { SectionBoundary } from '../section-boundary.tsx'
import type { Figures } from './use-figures.ts'

type FiguresSectionProps<T> = {
  readonly id: string
  readonly title: string
  readonly figures: Figures<T>
  /** What the title is about, in a line below it. */
  readonly about?: ReactNode
  readonly children: (value: T) => ReactNode
}

/** A part of the page with figures of its own: it loads, fails and stays by itself. */
export const FiguresSection = <T,>({ id, title, figures, about, children }: FiguresSectionProps<T>) => {
  const { value, error, loading, refresh } = figures
  return (
    <section className="panel operations-section" id={id} aria-label={title} tabIndex={-1}>
      <h2>{title}</h2>
      {about !== undefined && <p className="quiet">{about}</p>}
      {error !== undefined && (
        <div className="notice tone-caution" role="status">
          <strong>{value === undefined ? `${title}: not known` : 'These figures are old'}</strong>
          <p>{messageOf(error)}</p>
          <Button onClick={refresh} loading={loading}>
            Try again
          </Button>
        </div>
      )}
      {value === undefined && error === undefined && <Loading what={title.toLowerCase()} />}
      {value !== undefined && <SectionBoundary what={title}>{children(value)}</SectionBoundary>}
    </section>
  )
}
