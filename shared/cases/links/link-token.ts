import { createHash } from 'node:crypto'

/**
 * What makes a link to one thing secret: 256 random bits in its address. The token is shown once, to whoever makes the
 * link; what is kept is its hash, so that nobody who reads the table can open the link.
 */
export const linkTokenBytes = 32

/** A token of `linkTokenBytes` bytes from a cryptographic source, in base64url: 43 characters. */
export const makeLinkToken = (random: Uint8Array): string => {
  if (random.length !== linkTokenBytes) throw new RangeError(`A token takes ${linkTokenBytes} random bytes.`)
  return Buffer.from(random).toString('base64url')
}

/** Whether a text can be a token: asked at the door, before anything is looked up. */
export const isLinkToken = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

/** SHA-256 in hexadecimal. A token is as random as a key, so it needs no salt and no slow hash. */
export const hashLinkToken = (token: string): string => createHash('sha256').update(token).digest('hex')
