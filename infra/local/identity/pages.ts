import { createHash } from 'node:crypto'
import type { Person } from './people.ts'

/** The provider's own pages: no script, one style sheet in the page, known to the policy by its hash. */
const style = `
:root { color-scheme: light dark; --line: #d5dbdb; --quiet: #545b64; --card: #fff; --ground: #f2f3f3; --accent: #0972d3 }
@media (prefers-color-scheme: dark) { :root { --line: #414d5c; --quiet: #b6bec9; --card: #192534; --ground: #0f1b2a; --accent: #539fe5 } }
body { margin: 0; background: var(--ground); font: 16px/1.5 system-ui, sans-serif }
main { box-sizing: border-box; max-width: 30rem; margin: 8vh auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem } p { color: var(--quiet); margin: 0 0 1rem }
button { box-sizing: border-box; display: flex; justify-content: space-between; gap: 1rem; width: 100%; margin: 0 0 .5rem; padding: .75rem 1rem;
  font: inherit; text-align: left; cursor: pointer; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: inherit }
button:hover, button:focus-visible { border-color: var(--accent); outline: 2px solid var(--accent); outline-offset: -1px }
button span { color: var(--quiet) }
`

/** Chromium holds the redirects after a form to `form-action`, so the portal's origins are named. */
export const pagePolicy = (portalOrigins: readonly string[]): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    `form-action 'self' ${portalOrigins.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · dumpline</title><style>${style}</style></head><body><main>${body}</main></body></html>`

/** One button a person; the first has the focus, so that Enter signs in. */
export const signInPage = (action: string, people: readonly Person[]): string => {
  const button = ({ subject, name, role }: Person, index: number): string =>
    `<button name="subject" value="${subject}"${index === 0 ? ' autofocus' : ''}>${name} <span>${role}</span></button>`
  const tenants = [...new Set(people.map(({ tenant }) => tenant))]
  const groups = tenants.map((tenant) => {
    const members = people.filter((person) => person.tenant === tenant)
    return `<h2>Tenant ${tenant}</h2>${members.map((person) => button(person, people.indexOf(person))).join('')}`
  })
  return page(
    'Sign in',
    `<h1>Sign in to dumpline</h1><p>These people exist on this machine only, so none of them has a password.</p>
<form method="post" action="${action}">${groups.join('')}</form>`,
  )
}

/** `form` holds the provider's own fields and has the id `op.logoutForm`. */
export const signOutPage = (form: string): string =>
  page(
    'Sign out',
    `<h1>Sign out of dumpline?</h1><p>Uploads that run in other tabs stop when they need the service next.</p>${form}
<button autofocus form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button form="op.logoutForm">Stay signed in</button>`,
  )

export const signedOutPage = (): string => page('Signed out', '<h1>You are signed out</h1>')

export const errorPage = (description: string): string => {
  const text = description.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return page(
    'Sign-in failed',
    `<h1>You could not be signed in</h1><p>${text}</p><p>Go back to the portal and try again.</p>`,
  )
}
