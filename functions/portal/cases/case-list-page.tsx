import { useSearchParams } from 'react-router'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { type CaseFilter, filterOf, searchOf } from './case-filter.ts'
import { CaseResults } from './case-results.tsx'
import { CauseList } from './cause-list.tsx'
import { CauseNotice } from './cause-notice.tsx'
import { FilterBar } from './filter-bar.tsx'
import { ViewTabs } from './view-tabs.tsx'

/** The cases that the address asks for, or the causes they have in common. */
export default function CaseListPage() {
  const [search, setSearch] = useSearchParams()
  const mayWrite = useMay('cases:write')
  const filter = filterOf(search)
  const asked = searchOf(filter)
  const byCause = search.get('view') === 'causes'
  const onChange = (changed: CaseFilter) => setSearch(searchOf(changed), { replace: changed.text !== filter.text })
  return (
    <>
      <title>Cases · dumpline</title>
      <div className="page-head">
        <h1>Cases</h1>
        {mayWrite && (
          <div className="actions">
            <LinkButton to="/cases/new">Case without a dump</LinkButton>
            <LinkButton to="/upload" variant="primary">
              New case
            </LinkButton>
          </div>
        )}
      </div>
      <ViewTabs current={byCause ? 'view=causes' : asked} />
      {byCause ? (
        <CauseList />
      ) : (
        <>
          <FilterBar filter={filter} onChange={onChange} />
          {filter.signature !== undefined && <CauseNotice signature={filter.signature} />}
          <CaseResults key={asked} asked={asked} onClear={() => setSearch({})} />
        </>
      )}
    </>
  )
}
