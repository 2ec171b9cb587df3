import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import { useEffect, useRef } from 'react'
import { useBlocker } from 'react-router'

/** Asks before a click or a closed tab would throw away a running upload. */
export const LeaveGuard = ({ active }: { readonly active: boolean }) => {
  const guarding = useRef(active)
  guarding.current = active
  const blocker = useBlocker(() => guarding.current)

  useEffect(() => {
    if (!active) return
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [active])

  useEffect(() => {
    if (!active && blocker.state === 'blocked') blocker.reset()
  }, [active, blocker])

  if (blocker.state !== 'blocked') return null
  return (
    <Modal
      visible
      header="Stop the upload?"
      closeAriaLabel="Keep uploading"
      onDismiss={() => blocker.reset()}
      footer={
        <div className="actions">
          <Button onClick={() => blocker.proceed()}>Stop the upload and leave</Button>
          <Button variant="primary" onClick={() => blocker.reset()}>
            Keep uploading
          </Button>
        </div>
      }
    >
      The upload runs in this page. Leaving it now gives up what was sent so far.
    </Modal>
  )
}
