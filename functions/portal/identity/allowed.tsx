import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Permission } from '../../../shared/cases/permissions.ts'
import { useWhyNot } from './use-session.ts'

type AllowedProps = { readonly permission: Permission; readonly children: ReactNode }

/** A page for who may use it; anybody else reads why they may not. */
export const AllowedPage = ({ permission, children }: AllowedProps) => {
  const whyNot = useWhyNot(permission)
  if (whyNot === null) return children
  return (
    <div className="message-page">
      <title>Not allowed · dumpline</title>
      <h1>You may not do this</h1>
      <p>{whyNot}</p>
      <p>
        All cases are in <Link to="/">the list</Link>.
      </p>
    </div>
  )
}
