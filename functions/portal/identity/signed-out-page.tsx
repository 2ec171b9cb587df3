import { LinkButton } from '../link-button.tsx'

/** Where signing out ends. It signs nobody in by itself. */
export default function SignedOutPage() {
  return (
    <main className="message-page">
      <title>Signed out · dumpline</title>
      <h1>You are signed out</h1>
      <p>On a shared computer, close the browser as well.</p>
      <LinkButton to="/" variant="primary">
        Sign in
      </LinkButton>
    </main>
  )
}
