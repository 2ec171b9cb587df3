import { useNavigate } from 'react-router'
import { createCase } from '../api/client.ts'
import { detailsOf, emptyDraft } from '../case-life/details-draft.ts'
import { DetailsForm } from '../case-life/details-form.tsx'

/** A case whose dump has yet to come: the customer sends it, or it is still being collected. */
export default function NewCasePage() {
  const navigate = useNavigate()
  return (
    <div className="narrow-page">
      <title>Case without a dump · dumpline</title>
      <h1>New case without a dump</h1>
      <p className="quiet">For a dump that is yet to come. Everything but the title can wait.</p>
      <div className="panel">
        <DetailsForm
          initial={emptyDraft}
          submitLabel="Open the case"
          onCancel={() => void navigate('/')}
          onSubmit={async (draft) => {
            const { caseId } = await createCase(detailsOf(draft), new AbortController().signal)
            await navigate(`/cases/${encodeURIComponent(caseId)}`, { replace: true })
          }}
        />
      </div>
    </div>
  )
}
