import Button from '@cloudscape-design/components/button'
import { FailureNotice } from '../failure-notice.tsx'
import { useNow } from '../format/use-now.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { Loading } from '../loading.tsx'
import { CaseTable } from './case-table.tsx'
import { useCaseList } from './use-case-list.ts'

type CaseResultsProps = {
  /** The query of the API's list; '' asks for all cases. */
  readonly asked: string
  readonly onClear: () => void
}

export const CaseResults = ({ asked, onClear }: CaseResultsProps) => {
  const list = useCaseList(asked)
  const now = useNow(30_000)
  const isEmpty = list.cases?.length === 0
  return (
    <>
      <FailureNotice
        title={list.cases ? 'This list may be out of date' : 'The cases cannot be shown'}
        error={list.error}
        again={list.refresh}
      />
      {list.cases === undefined && list.error === undefined && <Loading what="cases" />}
      {list.cases !== undefined && (
        <div className="list-head">
          {!isEmpty && <span className="quiet">{shownWords(list.cases.length, list.showOlder !== null)}</span>}
          <Button variant="icon" iconName="refresh" ariaLabel="Refresh" loading={list.loading} onClick={list.refresh} />
        </div>
      )}
      {isEmpty && list.showOlder === null && (asked === '' ? <NoCases /> : <NoMatch onClear={onClear} />)}
      {list.cases !== undefined && !isEmpty && (
        <div className="panel flush">
          <CaseTable cases={list.cases} now={now} />
        </div>
      )}
      {list.cases !== undefined && (list.partial || list.showOlder !== null) && (
        <div className="list-foot" aria-live="polite">
          {list.partial && (
            <p className="quiet">The search has not been through all cases yet{isEmpty && '; none so far matches'}.</p>
          )}
          {list.showOlder !== null && (
            <Button onClick={list.showOlder} loading={list.loadingOlder}>
              {list.partial ? 'Search further' : 'Show older cases'}
            </Button>
          )}
        </div>
      )}
    </>
  )
}

const shownWords = (count: number, hasOlder: boolean): string =>
  hasOlder ? `The newest ${count} cases` : count === 1 ? '1 case' : `${count} cases`

const NoMatch = ({ onClear }: { readonly onClear: () => void }) => (
  <section className="empty-list">
    <h2>No case matches</h2>
    <p>
      A search finds words by their beginning, in titles, hosts, customers, drivers, tags, labels, tickets and
      descriptions. Other filters must match whole.
    </p>
    <Button onClick={onClear}>Show all cases</Button>
  </section>
)

const NoCases = () => {
  const mayWrite = useMay('cases:write')
  return (
    <section className="empty-list">
      <h2>No cases yet</h2>
      <p>
        {mayWrite ? 'Upload' : 'An engineer uploads'} a Windows kernel crash dump of a server that runs out of pool,
        usually <span className="mono">C:\Windows\MEMORY.DMP</span>. The case then says which driver is eating the pool,
        and how we know.
      </p>
      {mayWrite && (
        <LinkButton to="/upload" variant="primary">
          Upload a dump
        </LinkButton>
      )}
    </section>
  )
}
