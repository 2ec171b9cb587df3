import type { PendingSignIn } from './provider.ts'

/**
 * The sign-in that a tab has under way, kept in its session storage because the page goes away meanwhile. It holds no
 * token, and is of use once.
 */
const key = 'dumpline.sign-in'

export const keepPending = (pending: PendingSignIn): void => sessionStorage.setItem(key, JSON.stringify(pending))

/** The sign-in that an answer belongs to, if this tab began it. */
export const takePending = (answer: URL): PendingSignIn | null => {
  const pending = JSON.parse(sessionStorage.getItem(key) ?? 'null') as PendingSignIn | null
  if (pending?.state !== answer.searchParams.get('state')) return null
  sessionStorage.removeItem(key)
  return pending
}
