import Button from '@cloudscape-design/components/button'
import { messageOf } from './api/api-error.ts'
import { Notice } from './notice.tsx'

type FailureNoticeProps = { readonly title: string; readonly error: unknown; readonly again?: () => void }

/** What did not work, and why; with a button where it can be tried `again`. Nothing while there is no error. */
export const FailureNotice = ({ title, error, again }: FailureNoticeProps) =>
  error === undefined || error === null ? null : (
    <Notice tone="bad" title={title}>
      <p>{messageOf(error)}</p>
      {again !== undefined && <Button onClick={again}>Try again</Button>}
    </Notice>
  )
