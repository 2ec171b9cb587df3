import { type LookupAddress, lookup as resolve } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { mayReach, whyNoTarget } from './target.ts'

/** How a request ended: the status of the answer, or a sentence why there is none. */
export type Posted = { readonly status: number } | { readonly error: string }

export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Posted>

/** From the look-up of the name to the end of the answer. */
export const postTimeoutMs = 10_000

/** Of an answer nothing but its status is of interest; a little is read so that the receiver can end it in peace. */
const mostBodyBytes = 16_384

class NotPublic extends Error {
  override readonly name = 'NotPublic'
}

export type Resolve = typeof resolve

/**
 * Sends webhooks. The address is whatever a tenant's admin typed, and we stand inside: so the addresses that a name
 * leads to are checked in the look-up of the very connection that is made (a name that changes between check and use
 * gains nothing), redirects are not followed, no proxy is asked, and time and answer are bounded.
 */
export const poster =
  (loopback: boolean, timeoutMs = postTimeoutMs, lookup: Resolve = resolve): Post =>
  (url, headers, body) =>
    new Promise((end) => {
      const problem = whyNoTarget(url, loopback)
      if (problem !== null) return end({ error: problem })
      // However an answer goes on, its status is known.
      let answered: Posted | null = null
      const send = url.startsWith('https:') ? secureRequest : plainRequest
      const sent = send(
        url,
        {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'dumpline-webhooks/1',
          },
          lookup: checked(lookup, loopback),
          // A connection of its own: none is kept that was checked for another.
          agent: false,
          signal: AbortSignal.timeout(timeoutMs),
        },
        (response) => {
          const { statusCode: status = 0 } = response
          answered = { status }
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > mostBodyBytes) response.destroy()
          })
          response.on('error', () => undefined)
          response.on('close', () => end({ status }))
        },
      )
      sent.on('error', (error) => end(answered ?? { error: sentenceOf(error, timeoutMs) }))
      sent.end(body)
    })

/** The look-up of a name for a connection, which fails if any of its addresses may not be reached. */
const checked =
  (lookup: Resolve, loopback: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
      if (error) return callback(error, '')
      if (found.length === 0 || !found.every(({ address }) => mayReach(address, loopback)))
        return callback(new NotPublic('The name leads to an address that is not on the public internet.'), '')
      if (options.all) return callback(null, found)
      callback(null, found[0].address, found[0].family)
    })
  }

const sentenceOf = (error: Error & { code?: string }, timeoutMs: number): string => {
  if (error instanceof NotPublic) return error.message
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `There was no answer within ${timeoutMs / 1000} seconds.`
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'The name could not be looked up.'
  if (error.code === 'ECONNREFUSED') return 'Nobody answers at this address: the connection was refused.'
  return `The connection failed (${error.code ?? error.name}).`
}
