import Button from '@cloudscape-design/components/button'
import { useCallback, useState } from 'react'
import { Link, useParams } from 'react-router'
import type { BatchView } from '../../../shared/cases/batches/reprocessing-api.ts'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { Untrusted } from '../format/untrusted.tsx'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'
import { saveFile } from '../save-file.ts'
import { ToneLabel } from '../verdict/tone-label.tsx'
import { BatchActions } from './batch-actions.tsx'
import { batchWords, goesOn } from './batch-words.ts'
import { exportBatch, getBatch } from './client.ts'
import { ItemsSection } from './items-section.tsx'
import { ProgressSection } from './progress-section.tsx'
import { VerdictMovesSection } from './verdict-moves.tsx'

const WayBack = () => (
  <p className="way-back">
    <Link to="/reprocessing">All batches</Link>
  </p>
)

const isSettled = ({ batch, progress }: BatchView): boolean => !goesOn(batch.status) && progress.running === 0

export default function BatchPage() {
  const { batchId = '' } = useParams()
  const load = useCallback((signal: AbortSignal) => getBatch(batchId, signal), [batchId])
  const { value, error, refresh } = usePolled(batchId, load, isSettled)
  const [exportError, setExportError] = useState<unknown>(null)

  const save = async (format: 'csv' | 'json'): Promise<void> => {
    try {
      saveFile(
        `${batchId}.${format}`,
        format === 'csv' ? 'text/csv' : 'application/json',
        await exportBatch(batchId, format),
      )
      setExportError(null)
    } catch (failure) {
      setExportError(failure)
    }
  }

  if (value === undefined)
    return (
      <>
        <title>Batch · Reprocessing · dumpline</title>
        <WayBack />
        <h1>Batch</h1>
        {error === undefined ? (
          <Loading what="the batch" />
        ) : (
          <FailureNotice title="The batch cannot be shown" error={error} again={refresh} />
        )}
      </>
    )
  const { batch, progress, verdicts } = value
  return (
    <>
      <title>{`${batch.name} · Reprocessing · dumpline`}</title>
      <WayBack />
      <div className="page-head">
        <h1>
          <Untrusted text={batch.name} />
        </h1>
        <ToneLabel {...batchWords[batch.status]} />
      </div>
      <FailureNotice title="This may be out of date" error={error} />
      {batch.pause !== null && (
        <Notice tone="caution" title="The batch is paused">
          <p>{batch.pause.reason}</p>
        </Notice>
      )}
      <BatchActions view={value} acted={refresh} />
      <ProgressSection view={value} />
      {verdicts.length > 0 && <VerdictMovesSection moves={verdicts} />}
      <ItemsSection batchId={batchId} version={JSON.stringify(progress)} />
      <div className="actions batch-export">
        <Button iconName="download" onClick={() => void save('csv')}>
          Export as CSV
        </Button>
        <Button iconName="download" onClick={() => void save('json')}>
          Export as JSON
        </Button>
      </div>
      <FailureNotice title="The export failed" error={exportError} />
    </>
  )
}
