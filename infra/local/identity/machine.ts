import { z } from 'zod'

/** Somebody who signs in without a browser: what the provider knows it by. */
export type Machine = { readonly issuer: string; readonly clientId: string; readonly clientSecret: string }

const Discovery = z.looseObject({ token_endpoint: z.string() })
const Token = z.looseObject({ access_token: z.string(), expires_in: z.number() })

/** A token is asked for again when it has less than this to live. */
const reserveMs = 30_000

/**
 * Access tokens for a machine by OAuth's client credentials. Each call gives a token that lives for a while yet.
 * Throws when the provider refuses.
 */
export const machineTokens = ({ issuer, clientId, clientSecret }: Machine): (() => Promise<string>) => {
  let held: { readonly token: string; readonly until: number } | null = null
  const ask = async (url: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(url, init)
    if (!response.ok) throw new Error(`The identity provider answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
  return async () => {
    if (held !== null && held.until > Date.now()) return held.token
    const { token_endpoint } = Discovery.parse(await ask(`${issuer}/.well-known/openid-configuration`))
    const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
    const token = Token.parse(
      await ask(token_endpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials.toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      }),
    )
    held = { token: token.access_token, until: Date.now() + token.expires_in * 1000 - reserveMs }
    return held.token
  }
}
