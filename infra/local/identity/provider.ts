import type { IncomingMessage, ServerResponse } from 'node:http'
import Provider, { type AdapterFactory, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import { type Loopback, readBody } from '../endpoints/loopback.ts'
import { memoryAdapter } from './memory-adapter.ts'
import { errorPage, pagePolicy, signedOutPage, signInPage, signOutPage } from './pages.ts'
import { machineId, type Person, people } from './people.ts'
import type { IdentitySecrets } from './secrets.ts'

/** What a deployment with a provider of its own is told of it (the parameters of infra/aws/identity.ts). */
export const portalClientId = 'dumpline-portal'
export const audience = 'urn:dumpline:api'

export type IdentityOptions = {
  readonly secrets: IdentitySecrets
  /** Where the portal is; after signing in people get back there, and it may ask for tokens. */
  readonly portalOrigins: readonly string[]
  readonly accessTokenSeconds?: number
}

export type LocalIdentity = {
  /** Signs everybody out, as an administrator could; access tokens live on until they expire. */
  readonly endSessions: () => void
}

const sessionSeconds = 12 * 3600
const signInPath = /^\/sign-in\/([\w-]+)$/

/**
 * An OpenID Connect provider on this machine: a real one, so that what runs here is what runs anywhere. People sign in
 * with the code flow and PKCE, machines with client credentials; both get access tokens (JWT) that say tenant and role.
 */
export const serveIdentity = (loopback: Loopback, options: IdentityOptions): LocalIdentity => {
  const { portalOrigins } = options
  const { adapter, endSessions } = memoryAdapter()
  const provider = new Provider(loopback.origin, configuration(options, adapter))
  const policy = pagePolicy(portalOrigins)

  const page = (response: ServerResponse, html: string): void => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
  }

  /** Asks who signs in, and tells the provider. */
  const signIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') {
      // Throws for an address that is old or somebody else's.
      await provider.interactionDetails(request, response)
      return page(response, signInPage(request.url ?? '', people))
    }
    const form = new URLSearchParams((await readBody(request, 4096)).toString())
    const person = people.find(({ subject }) => subject === form.get('subject'))
    if (person === undefined) return page(response, signInPage(request.url ?? '', people))
    await provider.interactionFinished(request, response, { login: { accountId: person.subject } })
  }

  loopback.serve(async (request, response) => {
    response.setHeader('content-security-policy', policy)
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('x-content-type-options', 'nosniff')
    if (!signInPath.test(request.url ?? '')) return provider.callback()(request, response)
    try {
      await signIn(request, response)
    } catch (error) {
      if ((error as { error?: string }).error === undefined) throw error
      page(response, errorPage('This sign-in is over. It was left open for too long, or it was begun elsewhere.'))
    }
  })
  return { endSessions }
}

const configuration = (
  { secrets, portalOrigins, accessTokenSeconds = 900 }: IdentityOptions,
  adapter: AdapterFactory,
): Configuration => ({
  adapter,
  jwks: { keys: [secrets.signingKey] },
  cookies: { keys: [secrets.cookieKey] },
  clients: [
    {
      client_id: portalClientId,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
      redirect_uris: portalOrigins.map((origin) => `${origin}/signed-in`),
      post_logout_redirect_uris: portalOrigins.map((origin) => `${origin}/signed-out`),
    },
    ...people.filter(isFirstOfItsRole).map(({ tenant, role }) => ({
      client_id: machineId({ tenant, role }),
      client_secret: secrets.machineSecret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: 'RS256' as const,
      tenant,
      role,
    })),
  ],
  extraClientMetadata: { properties: ['tenant', 'role'] },
  scopes: ['openid', 'profile'],
  claims: { openid: ['sub'], profile: ['name'] },
  // So that the portal knows the name without asking again.
  conformIdTokenClaims: false,
  findAccount: (_context, subject) => {
    const person = people.find((each) => each.subject === subject)
    return person && { accountId: subject, claims: () => ({ sub: subject, name: person.name }) }
  },
  extraTokenClaims: (context, token) => {
    const claimed = 'accountId' in token ? personOf(token.accountId) : context.oidc.client
    return claimed && { tenant: claimed.tenant, role: claimed.role }
  },
  // The portal is dumpline's own: nobody is asked whether it may know who they are.
  loadExistingGrant: async ({ oidc }) => {
    const { client, session, provider } = oidc
    if (client === undefined || session?.accountId === undefined) return undefined
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope('openid profile')
    grant.addResourceScope(audience, 'api')
    await grant.save()
    return grant
  },
  issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
  clientBasedCORS: (_context, origin) => portalOrigins.includes(origin),
  pkce: { required: () => true },
  interactions: { url: (_context, interaction) => `/sign-in/${interaction.uid}` },
  renderError: (context, _out, error) => html(context, errorPage(error.message)),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (context, form) => html(context, signOutPage(form)),
      postLogoutSuccessSource: (context) => html(context, signedOutPage()),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'api',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: accessTokenSeconds,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  ttl: {
    AccessToken: accessTokenSeconds,
    ClientCredentials: accessTokenSeconds,
    IdToken: accessTokenSeconds,
    AuthorizationCode: 60,
    Interaction: 3600,
    Grant: sessionSeconds,
    RefreshToken: sessionSeconds,
    Session: sessionSeconds,
  },
})

const html = (context: KoaContextWithOIDC, body: string): void => {
  context.type = 'html'
  context.body = body
}

const personOf = (subject: string | undefined): Person | undefined => people.find((each) => each.subject === subject)

const isFirstOfItsRole = ({ tenant, role }: Person, index: number): boolean =>
  people.findIndex((each) => each.tenant === tenant && each.role === role) === index
