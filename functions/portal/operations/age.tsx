import { formatAge, formatTimestamp } from '../format/time.ts'

/** How long ago, with the time itself for whoever points at it. */
export const Age = ({ at, now }: { readonly at: string; readonly now: number }) => (
  <time dateTime={at} title={formatTimestamp(at)} className="nowrap">
    {formatAge(at, now)}
  </time>
)
