import * as oauth from 'oauth4webapi'
import type { SignIn } from '../../../shared/cases/identity-api.ts'

/** The identity provider of this deployment, found once. */
export type Provider = {
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly scopes: string
}

/** Kept in memory alone: a script that got into the page would find nothing to carry away for later. */
export type Tokens = {
  readonly access: string
  /** Milliseconds of the epoch. */
  readonly expiresAt: number
  readonly refresh: string | null
  readonly id: string | null
  /** The person's name as the provider gives it. */
  readonly name: string
}

/** What a sign-in under way must remember: whom its answer is for, and the proof that it was asked for here. */
export type PendingSignIn = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** The path to go back to. */
  readonly returnTo: string
}

const redirectUri = (): string => `${location.origin}/signed-in`

/** Nothing on the network reads what goes to this machine itself. */
const requestOptions = (address: string) => ({
  [oauth.allowInsecureRequests]: ['127.0.0.1', 'localhost'].includes(new URL(address).hostname),
})

/** Throws when the service or the provider cannot be reached. */
export const findProvider = async (): Promise<Provider> => {
  const response = await fetch('/api/sign-in', { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`The service answered with status ${response.status}.`)
  const { issuer, clientId, scopes } = (await response.json()) as SignIn
  const discovered = await oauth.discoveryRequest(new URL(issuer), requestOptions(issuer))
  const server = await oauth.processDiscoveryResponse(new URL(issuer), discovered)
  return { server, client: { client_id: clientId }, scopes }
}

/** Where to send a person who signs in (authorization code flow with PKCE), and what to remember meanwhile. */
export const beginSignIn = async (
  { server, client, scopes }: Provider,
  returnTo: string,
): Promise<{ url: string; pending: PendingSignIn }> => {
  const pending = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    returnTo,
  }
  const url = new URL(required(server.authorization_endpoint))
  const parameters = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri(),
    scope: scopes,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, pending }
}

/** The tokens for the answer with which the provider sent the person back. Throws where it is not what was asked for. */
export const redeem = async (
  { server, client }: Provider,
  answer: URL,
  { state, nonce, verifier }: PendingSignIn,
): Promise<Tokens> => {
  const parameters = oauth.validateAuthResponse(server, client, answer, state)
  const options = requestOptions(required(server.token_endpoint))
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    verifier,
    options,
  )
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  return tokensOf(result, null)
}

/** New tokens without the person, while the provider's session lasts. Throws a `ResponseBodyError` when it is over. */
export const renew = async ({ server, client }: Provider, old: Tokens): Promise<Tokens> => {
  if (old.refresh === null) throw new Error('The identity provider gave nothing to renew the sign-in with.')
  const options = requestOptions(required(server.token_endpoint))
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), old.refresh, options)
  return tokensOf(await oauth.processRefreshTokenResponse(server, client, response), old)
}

/** Where signing out ends the provider's session too; null where the provider has no such page. */
export const signOutUrl = ({ server, client }: Provider, { id }: Tokens): string | null => {
  if (server.end_session_endpoint === undefined) return null
  const url = new URL(server.end_session_endpoint)
  const after = `${location.origin}/signed-out`
  url.searchParams.set('client_id', client.client_id)
  url.searchParams.set('post_logout_redirect_uri', after)
  // Cognito's name for the same.
  url.searchParams.set('logout_uri', after)
  if (id !== null) url.searchParams.set('id_token_hint', id)
  return url.href
}

const tokensOf = (result: oauth.TokenEndpointResponse, old: Tokens | null): Tokens => {
  const claims = oauth.getValidatedIdTokenClaims(result)
  const name = [claims?.name, claims?.email, claims?.sub].find((value) => typeof value === 'string')
  return {
    access: result.access_token,
    expiresAt: Date.now() + (result.expires_in ?? 300) * 1000,
    refresh: result.refresh_token ?? old?.refresh ?? null,
    id: result.id_token ?? old?.id ?? null,
    name: (name as string | undefined) ?? old?.name ?? '',
  }
}

const required = (endpoint: string | undefined): string => {
  if (endpoint === undefined) throw new Error('The identity provider does not say where to sign in.')
  return endpoint
}
