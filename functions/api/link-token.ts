import { createHash, randomBytes } from 'node:crypto'

/** What an upload link is known by: 256 random bits, so that nobody guesses one. */
export const newLinkToken = (): string => randomBytes(32).toString('base64url')

/** A text of any other form is no token and is never looked up. */
export const isLinkToken = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

/** What is kept of a token. It has as many random bits as its hash, so that salt would add nothing. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')
