import { signOut } from './session.ts'
import { useSession } from './use-session.ts'

/** Who is signed in, as what, and the way out. */
export const Account = () => {
  const session = useSession()
  if (session.phase === 'unknown') return null
  const { me, name } = session
  return (
    <div className="account">
      <span className="account-name" title={`Signed in as ${me.subject}`}>
        {name || me.subject}
        <small>
          {me.role} · {me.tenant}
        </small>
      </span>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  )
}
