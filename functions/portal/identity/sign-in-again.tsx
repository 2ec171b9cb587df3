import Button from '@cloudscape-design/components/button'
import { useEffect, useRef } from 'react'
import { signInAgain } from './session.ts'

/** Over the page, which stays as it is: what was typed is still there after signing in. */
export const SignInAgain = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      className="sign-in-again"
      aria-labelledby="sign-in-again"
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id="sign-in-again">Your sign-in has ended</h2>
      <p>Sign in again in a small window. This page stays as it is; uploads that run go on.</p>
      <Button variant="primary" onClick={() => void signInAgain()}>
        Sign in again
      </Button>
    </dialog>
  )
}
