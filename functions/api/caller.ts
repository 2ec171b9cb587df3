import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Tenant } from '../../shared/cases/object-keys.ts'
import { Role } from '../../shared/cases/permissions.ts'
import { ProblemError } from './problem.ts'

/** Who asks: a person of one tenant. Every key a request reaches is made with this tenant and no other. */
export type Caller = { readonly tenant: string; readonly subject: string; readonly role: Role }

/** Under which names the identity provider's access tokens say these. */
export type ClaimNames = { readonly tenant: string; readonly role: string }

/** Whoever asks what anybody may ask. There is no store of this tenant. */
export const anonymous: Caller = { tenant: '', subject: 'anonymous', role: 'viewer' }

type JwtAuthorized = { readonly authorizer?: { readonly jwt?: { readonly claims?: Record<string, unknown> } } }

/**
 * The caller, from the claims of the access token that API Gateway has verified. Of several roles the highest counts; of
 * a role or a tenant that dumpline does not know nobody gets in. Throws a `ProblemError`: 401 without a token, 403
 * without what it must say.
 */
export const callerOf = (event: APIGatewayProxyEventV2, names: ClaimNames): Caller => {
  const claims = (event.requestContext as JwtAuthorized).authorizer?.jwt?.claims
  const subject = claims?.sub ?? claims?.client_id
  if (claims === undefined || typeof subject !== 'string' || subject === '')
    throw new ProblemError(401, 'not-signed-in', 'Not signed in', 'Send an access token of the identity provider.')
  const tenant = Tenant.safeParse(claims[names.tenant])
  if (!tenant.success)
    throw new ProblemError(
      403,
      'no-tenant',
      'No tenant',
      `Your sign-in names no tenant of dumpline (claim ${names.tenant}). Ask whoever administers your identity provider.`,
    )
  const given = listOf(claims[names.role])
  const role = Role.options.findLast((option) => given.includes(option))
  if (role === undefined)
    throw new ProblemError(
      403,
      'no-role',
      'No role',
      `Your sign-in names no role of dumpline (claim ${names.role}). Ask whoever administers your identity provider.`,
    )
  return { tenant: tenant.data, subject, role }
}

/** API Gateway hands a claim over as text, and a list of texts as `[one two]`. */
const listOf = (claim: unknown): string[] =>
  typeof claim === 'string' ? claim.replace(/^\[(.*)\]$/s, '$1').split(/[\s,]+/) : []
