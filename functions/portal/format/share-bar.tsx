import { formatShare, percentOf } from './size.ts'

/** A bar for `part` of `whole`, with the percentage in words. */
export const ShareBar = ({ part, whole }: { readonly part: number; readonly whole: number }) => (
  <span className="share">
    <span className="share-bar" aria-hidden="true">
      <span style={{ width: `${percentOf(part, whole) ?? 0}%` }} />
    </span>
    <span className="share-text">{formatShare(part, whole)}</span>
  </span>
)
