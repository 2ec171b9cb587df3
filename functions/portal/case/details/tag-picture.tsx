import type { TagUsage } from '../../../../shared/analysis/pool-usage.ts'
import { formatBytes, formatShare } from '../../format/size.ts'
import { Mono } from '../../format/untrusted.tsx'

const tagsShown = 8

type Pool = 'nonPaged' | 'paged'

const poolNames: Record<Pool, string> = { nonPaged: 'NonPagedPool', paged: 'PagedPool' }

/** The tags that hold most of each pool, as bars to the same measure. */
export const TagPicture = ({ tags }: { readonly tags: readonly TagUsage[] }) => (
  <div className="tag-pictures">
    <PoolPicture tags={tags} pool="nonPaged" />
    <PoolPicture tags={tags} pool="paged" />
  </div>
)

const PoolPicture = ({ tags, pool }: { readonly tags: readonly TagUsage[]; readonly pool: Pool }) => {
  const total = tags.reduce((sum, usage) => sum + usage[pool].bytes, 0)
  if (total === 0) return null
  const most = tags.toSorted((a, b) => b[pool].bytes - a[pool].bytes).slice(0, tagsShown)
  const shown = most.filter((usage) => usage[pool].bytes > 0)
  const largest = shown[0][pool].bytes
  return (
    <figure className="tag-picture">
      <figcaption>
        <strong>{poolNames[pool]}</strong> <span className="quiet">{formatBytes(total)} by tag</span>
      </figcaption>
      <ul>
        {shown.map((usage) => (
          <li key={usage.tag}>
            <Mono text={usage.tag} />
            <span className="tag-bar" aria-hidden="true">
              <span style={{ inlineSize: `${(usage[pool].bytes / largest) * 100}%` }} />
            </span>
            <span className="tag-bar-figures">
              {formatBytes(usage[pool].bytes)} <small>{formatShare(usage[pool].bytes, total)}</small>
            </span>
          </li>
        ))}
      </ul>
    </figure>
  )
}
