/** What an id names; the kind is its prefix. */
export type IdKind = 'case' | 'dump' | 'upload' | 'analysis' | 'event' | 'note' | 'link' | 'batch' | 'webhook'

/** Crockford's base 32, lower case: no i, l, o or u, so that an id survives being read out. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeDigits = 10
const randomDigits = 16

/** Random bytes an id takes: 16 digits of 5 bits. */
export const idRandomBytes = 10

/**
 * An id such as `case_01jz3s6q8e5k0v9h2m4n6p8r0t`: its kind, the time in milliseconds (48 bits) and 80 random bits. Ids
 * of one kind sort by time as text. `random` is `idRandomBytes` bytes from a cryptographic source.
 */
export const makeId = (kind: IdKind, at: Date, random: Uint8Array): string => {
  if (random.length !== idRandomBytes) throw new RangeError(`An id takes ${idRandomBytes} random bytes.`)
  const entropy = random.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return `${kind}_${digits(BigInt(at.getTime()), timeDigits)}${digits(entropy, randomDigits)}`
}

/** The lowest id of this kind that a time can have: ids made earlier are below it, as text. */
export const lowestId = (kind: IdKind, at: Date): string =>
  `${kind}_${digits(BigInt(Math.max(0, at.getTime())), timeDigits)}${'0'.repeat(randomDigits)}`

/** When an id was made, in milliseconds. The id must be of the right form. */
export const timeOfId = (id: string): number => {
  const text = id.slice(id.indexOf('_') + 1)
  return [...text.slice(0, timeDigits)].reduce((time, digit) => time * 32 + alphabet.indexOf(digit), 0)
}

const pattern = new RegExp(`^[${alphabet}]{${timeDigits + randomDigits}}$`)

/** Whether a text can be an id of this kind: asked at the door, before the text becomes part of a key. */
export const isId = (kind: IdKind, text: string): boolean =>
  text.startsWith(`${kind}_`) && pattern.test(text.slice(kind.length + 1))

const digits = (value: bigint, count: number): string => {
  let text = ''
  for (let rest = value, n = 0; n < count; n++, rest >>= 5n) text = alphabet[Number(rest & 31n)] + text
  return text
}
