import { Component, type ReactNode } from 'react'
import { messageOf } from './api/api-error.ts'
import { Notice } from './notice.tsx'

type SectionBoundaryProps = { readonly what: string; readonly children: ReactNode }

/** Keeps a part of a page that breaks from taking the rest with it. React knows such a boundary as a class only. */
export class SectionBoundary extends Component<SectionBoundaryProps, { readonly error: unknown }> {
  override state = { error: undefined }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <Notice tone="bad" title={`${this.props.what} cannot be shown`}>
        <p>The rest of the page is not affected. Loading the page again may help.</p>
        <p className="mono quiet">{messageOf(error)}</p>
      </Notice>
    )
  }
}
