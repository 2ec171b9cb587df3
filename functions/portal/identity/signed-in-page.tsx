import Button from '@cloudscape-design/components/button'
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { messageOf } from '../api/api-error.ts'
import { Loading } from '../loading.tsx'
import { completeSignIn, signIn, signOut } from './session.ts'

type Outcome = { readonly error: unknown } | { readonly elsewhere: true }

/** Where the identity provider sends people back to; they go on to the page they came from. */
export default function SignedInPage() {
  const navigate = useNavigate()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  useEffect(() => {
    const { search } = location
    // An answer is good for once: React's second run of the effect in development finds the address empty.
    if (search === '') return
    const answer = new URL(location.href)
    history.replaceState(null, '', '/signed-in')
    completeSignIn(answer).then(
      (returnTo) => {
        if (returnTo !== null) return navigate(returnTo, { replace: true })
        // Whoever began it elsewhere goes on asking; here it is said why.
        if (answer.searchParams.has('error'))
          return setOutcome({ error: new Error('The identity provider did not let you in.') })
        setOutcome({ elsewhere: true })
        window.close()
      },
      (error: unknown) => setOutcome({ error }),
    )
  }, [navigate])

  if (outcome === null) return <Loading what="your sign-in" />
  if ('elsewhere' in outcome)
    return (
      <main className="message-page">
        <title>Signed in · dumpline</title>
        <h1>You are signed in</h1>
        <p>You can close this window and go on where you were.</p>
        <Button onClick={() => void signIn('/')}>Open the portal here</Button>
      </main>
    )
  return (
    <main className="message-page" role="alert">
      <title>Sign-in failed · dumpline</title>
      <h1>You could not be signed in</h1>
      <p>{messageOf(outcome.error)}</p>
      <div className="actions">
        <Button variant="primary" onClick={() => void signIn('/')}>
          Try again
        </Button>
        <Button onClick={() => void signOut()}>Sign in as somebody else</Button>
      </div>
    </main>
  )
}
