import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'

/** What the template says of a JWT authorizer. */
export type JwtSettings = { readonly issuer: string; readonly audience: readonly string[] }

/** A token's claims as a function gets them: every value as text, a list as `[one two]`. */
export type Claims = Readonly<Record<string, string>>

/** Takes the `Authorization` header. `refused` is what `WWW-Authenticate` then says. */
export type Authorize = (header: string | undefined) => Promise<{ claims: Claims } | { refused: string }>

const Discovery = z.looseObject({ jwks_uri: z.string() })

/**
 * Lets in whoever has a token of the issuer for the audience, as API Gateway does ("Control access to HTTP APIs with
 * JWT authorizers", developer guide): RSA signatures alone, the keys found by the issuer's discovery document, and the
 * audience in `aud` or, where there is none, in `client_id`.
 */
export const jwtAuthorizer = ({ issuer, audience }: JwtSettings): Authorize => {
  let keys: ReturnType<typeof createRemoteJWKSet> | null = null
  const findKeys = async () => {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`)
    const { jwks_uri } = Discovery.parse(await response.json())
    return createRemoteJWKSet(new URL(jwks_uri))
  }

  return async (header) => {
    const [, token] = /^(?:Bearer )?(\S+)$/i.exec(header ?? '') ?? []
    if (token === undefined) return { refused: 'Bearer' }
    try {
      keys ??= await findKeys()
      const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ['RS256', 'RS384', 'RS512'] })
      if (!isFor(payload, audience)) return refused('the token has the wrong audience')
      return { claims: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, textOf(value)])) }
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
      return refused(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid')
    }
  }
}

const isFor = ({ aud, client_id }: JWTPayload, audience: readonly string[]): boolean =>
  [aud ?? client_id].flat().some((named) => typeof named === 'string' && audience.includes(named))

const textOf = (value: unknown): string => (Array.isArray(value) ? `[${value.join(' ')}]` : String(value))

const refused = (why: string) => ({ refused: `Bearer scope="" error="invalid_token" error_description="${why}"` })
