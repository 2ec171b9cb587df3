import Button from '@cloudscape-design/components/button'
import { Link } from 'react-router'
import type { CaseGroup } from '../../../shared/cases/search/case-groups.ts'
import { listGroups } from '../api/cases-client.ts'
import { usePages } from '../api/use-pages.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { useNow } from '../format/use-now.ts'
import { Loading } from '../loading.tsx'
import { CauseFacts, countOf } from './cause-facts.tsx'

const load = async (cursor: string | null, signal: AbortSignal) => {
  const { groups, nextCursor } = await listGroups(cursor, signal)
  return { items: groups, nextCursor }
}

/** Causes that more than one case has, the most frequent first. */
export const CauseList = () => {
  const { items: groups, error, loading, more, reload } = usePages(load)
  const now = useNow(30_000)
  if (groups === undefined && error === undefined) return <Loading what="causes" />
  return (
    <>
      <FailureNotice
        title={groups ? 'This list may be incomplete' : 'The causes cannot be shown'}
        error={error}
        again={reload}
      />
      {groups?.length === 0 && (
        <section className="empty-list">
          <h2>No cause has come up twice</h2>
          <p>
            Cases are grouped when their analyses name the same pool tag, driver, build of the driver and bugcheck. A
            case without a named driver belongs to no group.
          </p>
        </section>
      )}
      {groups !== undefined && groups.length > 0 && (
        <div className="panel flush">
          <table className="plain-table case-table cause-table" aria-label="Causes, the most frequent first">
            <thead>
              <tr>
                <th scope="col">Cases</th>
                <th scope="col">Cause</th>
                <th scope="col">Newest</th>
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <CauseRow key={group.signature} group={group} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more !== null && (
        <div className="list-foot">
          <Button onClick={more} loading={loading}>
            Show more causes
          </Button>
        </div>
      )}
    </>
  )
}

const CauseRow = ({ group, now }: { readonly group: CaseGroup; readonly now: number }) => (
  <tr>
    <td className="cause-count">
      <Link to={`/?${new URLSearchParams({ signature: group.signature })}`}>{countOf(group)}</Link>
    </td>
    <th scope="row">
      <CauseFacts group={group} />
      {group.headline !== null && (
        <p className="quiet">
          <Untrusted text={group.headline} />
        </p>
      )}
    </th>
    <td className="case-age">
      <time dateTime={group.newestAt} title={formatTimestamp(group.newestAt)}>
        {formatAge(group.newestAt, now)}
      </time>
    </td>
  </tr>
)
