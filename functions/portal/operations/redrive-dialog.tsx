import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { DeadLetter } from '../../../shared/cases/operations/dead-letters.ts'
import type { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { sendAgain } from './client.ts'
import { counted, ownerWords } from './operations-words.ts'

type RedriveDialogProps = {
  readonly queue: QueueOwner
  readonly messages: number
  /** Those of the tenant that were looked at. */
  readonly letters: readonly DeadLetter[]
  readonly close: (sent: boolean) => void
}

/** Asks once more, and says what comes of it, before dead letters are sent again. */
export const RedriveDialog = ({ queue, messages, letters, close }: RedriveDialogProps) => {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const idle = letters.filter(({ effect }) => effect === 'nothing').length

  const send = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await sendAgain(queue)
      close(true)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Modal
      visible
      header={`Send ${counted(messages, 'dead letter')} of ${ownerWords[queue].name} again?`}
      closeAriaLabel="Leave them"
      onDismiss={() => close(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => close(false)}>
              Leave them
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void send()}>
              Send again
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <p>
          They go back to the queues they came from, of every tenant. A stage whose failure had ended its analysis is
          tried again, five times at most; whatever is settled stays as it is. What still fails comes back here.
        </p>
        {idle > 0 && (
          <p>
            {idle === letters.length ? 'Those that are listed' : `${idle} of those that are listed`} will do nothing:
            their stages are settled.
          </p>
        )}
        <p>Send them once what brought them here has been dealt with. It is recorded that you did.</p>
        <FailureNotice title="They were not sent" error={error} />
      </SpaceBetween>
    </Modal>
  )
}
