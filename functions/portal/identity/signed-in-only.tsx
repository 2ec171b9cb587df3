import Button from '@cloudscape-design/components/button'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { messageOf } from '../api/api-error.ts'
import { Loading } from '../loading.tsx'
import { signIn } from './session.ts'
import { SignInAgain } from './sign-in-again.tsx'
import { useSession } from './use-session.ts'

/** Shows its children to who is signed in; anybody else is sent to the identity provider and comes back to this page. */
export const SignedInOnly = ({ children }: { readonly children: ReactNode }) => {
  const { phase } = useSession()
  if (phase === 'unknown') return <SigningIn />
  return (
    <>
      {children}
      {phase === 'expired' && <SignInAgain />}
    </>
  )
}

const SigningIn = () => {
  const [error, setError] = useState<unknown>()
  const begin = useCallback(() => {
    setError(undefined)
    void signIn(location.pathname + location.search + location.hash).catch(setError)
  }, [])
  useEffect(begin, [begin])
  if (error === undefined) return <Loading what="your sign-in" />
  return (
    <main className="message-page" role="alert">
      <title>Sign-in failed · dumpline</title>
      <h1>Nobody can be signed in now</h1>
      <p>The service or its identity provider cannot be reached. Nothing you uploaded is lost.</p>
      <p className="mono quiet">{messageOf(error)}</p>
      <Button variant="primary" onClick={begin}>
        Try again
      </Button>
    </main>
  )
}
