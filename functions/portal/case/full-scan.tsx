import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import { useMay } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'
import type { CaseState } from './case-state.ts'
import { FullScanDialog } from './full-scan-dialog.tsx'

type FullScanProps = {
  readonly detail: CaseDetail
  readonly state: Extract<CaseState, { analysis: unknown }>
  readonly analysis: Analysis
  /** Asks for the case again, which then tells of the scan. */
  readonly refresh: () => void
}

/** Where a dump's pages were not all scanned: an offer to do it, and how far it is once it was asked for. */
export const FullScan = ({ detail, state, analysis, refresh }: FullScanProps) => {
  const mayAsk = useMay('cases:write')
  const [asking, setAsking] = useState(false)
  const { dump, analysis: record, phase } = state
  const counted = analysis.pool === null || analysis.pool.scan !== undefined || record.fullScan === true
  if (counted || phase !== 'done' || analysis.dump.refusal !== undefined) return null

  const others = detail.dumps.find((each) => each.dump.dumpId === dump.dumpId)?.analyses ?? []
  const refining = others.find((each) => each.analysis.analysisId === record.refinedBy)
  if (refining?.analysis.status === 'running') {
    const { shards } = refining
    return (
      <Notice tone="busy" title="All pages are being scanned">
        <p>
          {shards === undefined || shards.of < 2 ? '' : `${shards.done} of ${shards.of} parts are done. `}
          What is said here stands until the scan is finished; then this page shows what it found.
        </p>
      </Notice>
    )
  }
  if (!mayAsk || dump.status !== 'uploaded') return null
  const failed = refining?.analysis.status === 'failed'
  return (
    <div className="full-scan">
      <p>
        {failed
          ? 'A scan of all pages was begun and came to nothing; what is said here stands.'
          : 'Only a sample of this dump’s pages was looked into. A scan of all of them counts every pool block, and may name a driver where the sample could not.'}
      </p>
      <Button onClick={() => setAsking(true)}>{failed ? 'Scan all pages again' : 'Scan all pages'}</Button>
      {asking && (
        <FullScanDialog
          dump={dump}
          close={() => setAsking(false)}
          begun={() => {
            setAsking(false)
            refresh()
          }}
        />
      )}
    </div>
  )
}
