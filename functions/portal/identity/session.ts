import type { Me } from '../../../shared/cases/identity-api.ts'
import { ApiError, errorFromAnswer } from '../api/api-error.ts'
import { keepPending, takePending } from './pending.ts'
import {
  beginSignIn,
  findProvider,
  type PendingSignIn,
  type Provider,
  redeem,
  renew,
  signOutUrl,
  type Tokens,
} from './provider.ts'

/** Whether somebody is signed in. `expired`: somebody was, and what the page shows is theirs still. */
export type Session =
  | { readonly phase: 'unknown' }
  | { readonly phase: 'signed-in' | 'expired'; readonly me: Me; readonly name: string }

/** Tells other tabs that somebody signed out, and the page that a window it opened is back from the provider. */
type Message = { readonly signedOut: true } | { readonly answer: string }
const channel = new BroadcastChannel('dumpline-identity')

/** A token is renewed when it has less than this to live. */
const reserveMs = 20_000

let session: Session = { phase: 'unknown' }
let tokens: Tokens | null = null
let found: Promise<Provider> | null = null
let renewing: Promise<Tokens> | null = null
let popupSignIn: PendingSignIn | null = null
let signedInAgain = Promise.withResolvers<void>()
const listeners = new Set<() => void>()

const show = (next: Session): void => {
  session = next
  for (const listener of listeners) listener()
}

export const currentSession = (): Session => session

export const onSession = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A failure is not remembered: the next who asks tries again. */
const provider = (): Promise<Provider> => {
  found ??= findProvider().catch((error: unknown) => {
    found = null
    throw error
  })
  return found
}

/** Leaves the page for the provider's. */
export const signIn = async (returnTo: string): Promise<void> => {
  const { url, pending } = await beginSignIn(await provider(), returnTo)
  keepPending(pending)
  location.replace(url)
}

/**
 * Takes the provider's answer in the page's address. The path to go back to, or null when another page of this browser
 * began the sign-in and has been told.
 */
export const completeSignIn = async (answer: URL): Promise<string | null> => {
  const pending = takePending(answer)
  if (pending === null) {
    channel.postMessage({ answer: answer.href } satisfies Message)
    return null
  }
  await accept(await redeem(await provider(), answer, pending))
  return pending.returnTo
}

const accept = async (fresh: Tokens): Promise<void> => {
  const headers = { accept: 'application/json', authorization: `Bearer ${fresh.access}` }
  const response = await fetch('/api/me', { headers })
  const body: unknown = await response.json().catch(() => undefined)
  tokens = fresh
  if (!response.ok) throw errorFromAnswer(response.status, body)
  // Nothing of what one person sees is left for another.
  if (session.phase !== 'unknown' && session.me.subject !== (body as Me).subject) return location.assign('/')
  show({ phase: 'signed-in', me: body as Me, name: fresh.name })
  signedInAgain.resolve()
  signedInAgain = Promise.withResolvers()
}

/**
 * An access token that is good for a while yet. Renews it without the person where the provider allows; otherwise the
 * page asks them to sign in again, and the call waits for it. `refused` is a token that the service did not accept.
 */
export const accessToken = async (refused: string | null = null): Promise<string> => {
  for (;;) {
    if (tokens !== null && tokens.access !== refused && tokens.expiresAt - reserveMs > Date.now()) return tokens.access
    if (tokens === null || session.phase !== 'signed-in') await signedInAgain.promise
    else await renewOnce(tokens)
  }
}

const renewOnce = async (old: Tokens): Promise<void> => {
  renewing ??= provider().then((server) => renew(server, old))
  try {
    tokens = await renewing
  } catch (error) {
    // The provider cannot be reached: that passes, and whoever called says so. Anything else is its refusal.
    if (error instanceof TypeError) throw new ApiError(0, 'The identity provider cannot be reached.', { cause: error })
    if (session.phase === 'signed-in') show({ ...session, phase: 'expired' })
  } finally {
    renewing = null
  }
}

/** In a window of its own, so that the page stays as it is. Must be called from a click. */
export const signInAgain = async (): Promise<void> => {
  const popup = window.open('', 'dumpline-sign-in', 'popup,width=520,height=680')
  const { url, pending } = await beginSignIn(await provider(), location.pathname + location.search)
  popupSignIn = pending
  if (popup !== null) {
    popup.location.href = url
    return
  }
  // The browser allows no window: the way that leaves the page is better than none.
  keepPending(pending)
  location.assign(url)
}

/** Forgets the tokens, and ends the provider's session where it has a page for that. */
export const signOut = async (): Promise<void> => {
  const held = tokens
  tokens = null
  channel.postMessage({ signedOut: true } satisfies Message)
  const url = held === null ? null : signOutUrl(await provider(), held)
  location.assign(url ?? '/signed-out')
}

channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
  if ('signedOut' in data) {
    if (tokens !== null) location.assign('/signed-out')
    tokens = null
    return
  }
  const answer = new URL(data.answer)
  const pending = popupSignIn
  if (pending === null || answer.searchParams.get('state') !== pending.state) return
  popupSignIn = null
  void provider()
    .then((server) => redeem(server, answer, pending))
    .then(accept)
    .catch((error: unknown) => console.warn('Signing in again failed.', error))
})
