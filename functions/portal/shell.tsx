import { type ReactNode, Suspense } from 'react'
import { Link, NavLink, Outlet, useLocation } from 'react-router'
import { Account } from './identity/account.tsx'
import { useMay } from './identity/use-session.ts'
import { Loading } from './loading.tsx'

/** What every page has: the bar at the top and one main region. */
export const Shell = ({ children }: { readonly children?: ReactNode }) => {
  const mayWrite = useMay('cases:write')
  const mayReprocess = useMay('reprocessing:run')
  const mayOperate = useMay('operations:run')
  const maySet = useMay('tenant:write')
  const { pathname } = useLocation()
  const isOfCases = pathname === '/' || pathname.startsWith('/cases/')
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="top-bar">
        <Link to="/" className="wordmark">
          <img src="/icon.svg" alt="" width="24" height="24" />
          dumpline
        </Link>
        <nav aria-label="Main">
          <Link to="/" className={isOfCases ? 'active' : ''} aria-current={isOfCases ? 'page' : undefined}>
            Cases
          </Link>
          {mayWrite && <NavLink to="/upload">New case</NavLink>}
          {mayReprocess && <NavLink to="/reprocessing">Reprocessing</NavLink>}
          {mayOperate && <NavLink to="/operations">Operations</NavLink>}
          {maySet && <NavLink to="/settings/webhooks">Webhooks</NavLink>}
        </nav>
        <Account />
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<Loading what="the page" />}>{children ?? <Outlet />}</Suspense>
      </main>
    </>
  )
}
