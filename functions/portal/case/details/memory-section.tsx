import type { MemoryUsage } from '../../../../shared/analysis/memory-usage.ts'
import { ShareBar } from '../../format/share-bar.tsx'
import { formatBytes, formatCount, formatPages } from '../../format/size.ts'
import { Untrusted } from '../../format/untrusted.tsx'
import { ToneLabel } from '../../verdict/tone-label.tsx'
import { Absent } from '../absent.tsx'
import { type MemoryRow, memoryRows } from './memory-rows.ts'

/** `!vm`: how full the pools are, then every line with where its number came from. */
export const MemorySection = ({ memory }: { readonly memory: MemoryUsage | null }) => {
  if (memory === null) return <Absent>The dump does not hold the kernel’s memory counters.</Absent>
  const { nonPagedPool, pagedPool, physicalPages, availablePages } = memory
  const inUse = physicalPages === null || availablePages === null ? null : physicalPages - availablePages
  return (
    <>
      <div className="pool-bars">
        <PoolBar name="NonPagedPool" used={nonPagedPool.usedPages} maximum={nonPagedPool.maximumPages}>
          {nonPagedPool.excessive === true && <ToneLabel tone="bad" label="Excessive usage" />}
        </PoolBar>
        <PoolBar name="PagedPool" used={pagedPool.usedPages} maximum={pagedPool.maximumPages} />
        <PoolBar name="Physical memory in use" used={inUse} maximum={physicalPages} />
        <PoolBar name="Committed" used={memory.committedPages} maximum={memory.commitLimitPages} />
      </div>
      <MemoryTable memory={memory} />
    </>
  )
}

/** Every line of `!vm`. */
export const MemoryTable = ({ memory }: { readonly memory: MemoryUsage }) => (
  <table className="plain-table memory-table">
    <caption className="visually-hidden">Virtual memory usage, as !vm shows it</caption>
    <thead>
      <tr>
        <th scope="col">Counter</th>
        <th scope="col" className="right">
          Value
        </th>
        <th scope="col" className="right">
          Size
        </th>
        <th scope="col">Where it comes from</th>
      </tr>
    </thead>
    <tbody>
      {memoryRows(memory).map((row) => (
        <Row key={row.label} row={row} />
      ))}
    </tbody>
  </table>
)

const sizeOf = ({ value, unit }: MemoryRow): string => {
  if (value === null || unit === 'count') return ''
  return unit === 'pages' ? formatPages(value) : formatBytes(value * 1024)
}

const countOf = ({ value, unit }: MemoryRow): string => {
  if (value === null) return 'not known'
  return unit === 'count' ? formatCount(value) : `${formatCount(value)} ${unit}`
}

const Row = ({ row }: { readonly row: MemoryRow }) => (
  <tr className={row.value === null ? 'unknown' : ''}>
    <th scope="row">
      <Untrusted text={row.label} />
    </th>
    <td className="right">{countOf(row)}</td>
    <td className="right">{sizeOf(row)}</td>
    <td>{row.source === null ? '' : <Untrusted text={row.source} />}</td>
  </tr>
)

type PoolBarProps = {
  readonly name: string
  readonly used: number | null
  readonly maximum: number | null
  readonly children?: React.ReactNode
}

const PoolBar = ({ name, used, maximum, children }: PoolBarProps) => (
  <div className="pool-bar">
    <span className="pool-bar-name">
      <strong>{name}</strong>
      {children}
    </span>
    {used !== null && maximum !== null ? (
      <>
        <ShareBar part={used} whole={maximum} />
        <span className="quiet">
          {formatPages(used)} of {formatPages(maximum)}
          <small>
            {formatCount(used)} of {formatCount(maximum)} pages
          </small>
        </span>
      </>
    ) : (
      <span className="quiet">
        {used === null ? 'Usage not known' : `${formatCount(used)} pages (${formatPages(used)}); maximum not known`}
      </span>
    )}
  </div>
)
