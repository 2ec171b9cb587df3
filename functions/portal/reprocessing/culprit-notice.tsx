import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { Link } from 'react-router'
import type { CaseRecord } from '../../../shared/cases/records.ts'
import { messageOf } from '../api/api-error.ts'
import { carryOut, path } from '../api/client.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { useMay } from '../identity/use-session.ts'
import { Notice } from '../notice.tsx'

type NoticeProps = {
  readonly caseId: string
  readonly notice: NonNullable<CaseRecord['notice']>
  /** Told when it was taken off. */
  readonly seen: () => void
}

/** A batch named another culprit: for whoever owns the case to see, and to take off once it is seen. */
export const CulpritNotice = ({ caseId, notice, seen }: NoticeProps) => {
  const mayWrite = useMay('cases:write')
  const [error, setError] = useState<unknown>(null)
  const takeOff = async (): Promise<void> => {
    try {
      await carryOut(path('cases', caseId, 'notice', 'seen'), { method: 'POST' })
      seen()
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <Notice tone="caution" title="Another culprit than before">
      <p>
        <Untrusted text={notice.statement} />{' '}
        <Link to={`/reprocessing/${encodeURIComponent(notice.batchId)}`}>The batch</Link> shows what else changed.
      </p>
      {error !== null && <p>{messageOf(error)}</p>}
      {mayWrite && <Button onClick={() => void takeOff()}>I have seen it</Button>}
    </Notice>
  )
}
