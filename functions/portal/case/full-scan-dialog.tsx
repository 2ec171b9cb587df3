import Button from '@cloudscape-design/components/button'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { DumpRecord } from '../../../shared/cases/records.ts'
import { estimateFullScan, startFullScan } from '../api/full-scan-client.ts'
import { usePolled } from '../api/use-polled.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatBytes } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { Loading } from '../loading.tsx'
import { formatDollars } from './stage-progress.ts'

type FullScanDialogProps = { readonly dump: DumpRecord; readonly close: () => void; readonly begun: () => void }

const onceIsEnough = (): boolean => true

/** Says what a scan of all pages is expected to cost and take, and begins it when told to. */
export const FullScanDialog = ({ dump, close, begun }: FullScanDialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>()
  const { caseId, dumpId } = dump
  const load = useCallback((signal: AbortSignal) => estimateFullScan(caseId, dumpId, signal), [caseId, dumpId])
  const { value: estimate, error } = usePolled(`full scan of ${dumpId}`, load, onceIsEnough)

  useEffect(() => dialog.current?.showModal(), [])

  const begin = async (): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    try {
      await startFullScan(caseId, dumpId)
      begun()
    } catch (caught) {
      setFailure(caught)
      setBusy(false)
    }
  }
  const trouble = failure ?? error

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="full-scan-title" onClose={close}>
      <header>
        <h2 id="full-scan-title">Scan all pages</h2>
        <Button variant="icon" iconName="close" ariaLabel="Close" onClick={() => dialog.current?.close()} />
      </header>
      {estimate === undefined && trouble === undefined && <Loading what="what it would take" />}
      {estimate !== undefined && (
        <>
          <dl className="key-figures">
            <div>
              <dt>Expected cost</dt>
              <dd>about {formatDollars(estimate.dollars)}</dd>
            </div>
            <div>
              <dt>Expected time</dt>
              <dd>about {formatDuration(estimate.seconds * 1000)}</dd>
            </div>
            <div>
              <dt>To read</dt>
              <dd>
                {formatBytes(dump.archive?.unpacked?.bytes ?? dump.bytes)}
                {estimate.parts > 1 && <small>in {estimate.parts} parts</small>}
              </dd>
            </div>
          </dl>
          <p>
            It becomes a further analysis of this dump. Today’s verdict stands until it is finished, and can be found
            again after that. Both figures are scaled from a dump that was measured.
          </p>
        </>
      )}
      <FailureNotice title="The scan cannot be begun" error={trouble} />
      <div className="actions">
        <Button variant="primary" loading={busy} disabled={estimate === undefined} onClick={() => void begin()}>
          Scan all pages
        </Button>
        <Button onClick={() => dialog.current?.close()}>Not now</Button>
      </div>
    </dialog>
  )
}
