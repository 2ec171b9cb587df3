import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { BatchAction } from '../../../shared/cases/batches/batch-transitions.ts'
import type { BatchView } from '../../../shared/cases/batches/reprocessing-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { useWhyNot } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'
import { actionWords } from './batch-words.ts'
import { actOnBatch } from './client.ts'

type ActionsProps = { readonly view: BatchView; readonly acted: () => void }

/** What may be asked of the batch now; what moves cases, or cannot be taken back, is asked twice. */
export const BatchActions = ({ view: { batch, actions: open, progress }, acted }: ActionsProps) => {
  const [asked, setAsked] = useState<BatchAction | null>(null)
  const [busy, setBusy] = useState<BatchAction | null>(null)
  const [error, setError] = useState<unknown>(null)
  const whyNot = useWhyNot('reprocessing:run')
  // Published again is for cases that were left as they stood.
  const hasMore = batch.status !== 'published' || progress.kept > 0
  const actions = open.filter((action) => action !== 'publish' || hasMore)
  if (whyNot !== null) return <p className="quiet">{whyNot}</p>

  const run = async (action: BatchAction): Promise<void> => {
    setAsked(null)
    setBusy(action)
    setError(null)
    try {
      await actOnBatch(batch.batchId, action)
      acted()
    } catch (failure) {
      setError(failure)
    }
    setBusy(null)
  }
  const question = asked !== null && actions.includes(asked) ? actionWords[asked].confirm : undefined
  return (
    <>
      <div className="actions">
        {actions.map((action) => (
          <Button
            key={action}
            variant={actionWords[action].primary ? 'primary' : 'normal'}
            loading={busy === action}
            onClick={() => (actionWords[action].confirm === undefined ? void run(action) : setAsked(action))}
          >
            {action === 'dry-run' ? `Dry run of ${batch.settings.sample}` : actionWords[action].label}
          </Button>
        ))}
      </div>
      {asked !== null && question !== undefined && (
        <Notice tone="caution" title={`${actionWords[asked].label} this batch?`}>
          <p>{question}</p>
          <div className="actions">
            <Button variant="primary" onClick={() => void run(asked)}>
              Yes, {actionWords[asked].label.toLowerCase()}
            </Button>
            <Button onClick={() => setAsked(null)}>Leave it</Button>
          </div>
        </Notice>
      )}
      <FailureNotice title="That did not work" error={error} />
    </>
  )
}
