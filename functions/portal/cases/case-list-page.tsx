import Button from '@cloudscape-design/components/button'
import { messageOf } from '../api/api-error.ts'
import { useNow } from '../format/use-now.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'
import { CaseTable } from './case-table.tsx'
import { useCaseList } from './use-case-list.ts'

export default function CaseListPage() {
  const list = useCaseList()
  const now = useNow(30_000)
  const mayWrite = useMay('cases:write')

  return (
    <>
      <title>Cases · dumpline</title>
      <div className="page-head">
        <h1>Cases</h1>
        <div className="actions">
          <Button iconName="refresh" ariaLabel="Refresh" loading={list.loading} onClick={list.refresh} />
          {mayWrite && (
            <LinkButton to="/upload" variant="primary">
              New case
            </LinkButton>
          )}
        </div>
      </div>
      {list.error !== undefined && (
        <Notice tone="bad" title={list.cases ? 'This list may be out of date' : 'The cases cannot be shown'}>
          <p>{messageOf(list.error)}</p>
          <Button onClick={list.refresh}>Try again</Button>
        </Notice>
      )}
      {list.cases === undefined && list.error === undefined && <Loading what="cases" />}
      {list.cases?.length === 0 && <NoCases />}
      {list.cases !== undefined && list.cases.length > 0 && (
        <div className="panel flush">
          <CaseTable cases={list.cases} now={now} />
          {list.showOlder !== null && (
            <div className="table-foot">
              <Button onClick={list.showOlder} loading={list.loadingOlder}>
                Show older cases
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  )
}

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
