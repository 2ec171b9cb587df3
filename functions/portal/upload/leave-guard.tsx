import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import { useEffect, useRef } from 'react'
import { useBlocker } from 'react-router'

/** Asks before a click or a closed tab would interrupt a running upload. */
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
      header="Interrupt the upload?"
      closeAriaLabel="Keep uploading"
      onDismiss={() => blocker.reset()}
      footer={
        <div className="actions">
          <Button onClick={() => blocker.proceed()}>Leave, and go on later</Button>
          <Button variant="primary" onClick={() => blocker.reset()}>
            Keep uploading
          </Button>
        </div>
      }
    >
      The upload runs in this page. What has arrived is kept: come back with this browser and choose the same file, and
      only the rest is sent.
    </Modal>
  )
}
