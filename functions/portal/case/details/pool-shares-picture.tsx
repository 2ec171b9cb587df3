import { formatBytes, formatShare } from '../../format/size.ts'
import { Mono } from '../../format/untrusted.tsx'
import type { PoolShares } from './pool-shares.ts'

/** A pool as one bar: the leaking tag, all others, and what is left. The key beneath says it in figures. */
export const PoolSharesPicture = ({ shares }: { readonly shares: PoolShares }) => {
  const { pool, tag, tagBytes, otherBytes, freeBytes } = shares
  const total = tagBytes + otherBytes + (freeBytes ?? 0)
  const width = (bytes: number) => ({ inlineSize: `${(bytes / total) * 100}%` })
  return (
    <figure className="pool-shares">
      <div className="pool-shares-bar" aria-hidden="true">
        <span className="of-tag" style={width(tagBytes)} />
        <span className="of-others" style={width(otherBytes)} />
      </div>
      <figcaption>
        <strong>{pool}</strong>
        <span className="key of-tag">
          <Mono text={tag} /> {formatBytes(tagBytes)}, {formatShare(tagBytes, tagBytes + otherBytes)} of what is in use
        </span>
        <span className="key of-others">other tags {formatBytes(otherBytes)}</span>
        {freeBytes === null ? (
          <span className="quiet">its maximum is not known</span>
        ) : (
          <span className="key of-free">left {formatBytes(freeBytes)}</span>
        )}
      </figcaption>
    </figure>
  )
}
