import type { ReactNode } from 'react'
import type { Permission } from '../../../shared/cases/permissions.ts'
import { Notice } from '../notice.tsx'
import { useWhyNot } from './use-session.ts'

type AllowedProps = { readonly permission: Permission; readonly children: ReactNode }

/** A page for who may use it; anybody else reads why they may not. */
export const AllowedPage = ({ permission, children }: AllowedProps) => {
  const whyNot = useWhyNot(permission)
  if (whyNot === null) return children
  return (
    <Notice tone="caution" title="You may not do this">
      <p>{whyNot}</p>
    </Notice>
  )
}
