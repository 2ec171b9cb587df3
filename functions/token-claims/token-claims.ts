import { Role } from '../../shared/cases/permissions.ts'

/** What Cognito tells before it makes a token, as far as it is used here ("Pre token generation Lambda trigger", V3). */
export type TokenEvent = {
  readonly triggerSource: string
  readonly request: {
    readonly userAttributes?: Readonly<Record<string, string | undefined>>
    /** What a machine sends along with its request; nothing of it is believed. */
    readonly clientMetadata?: Readonly<Record<string, string>>
    readonly groupConfiguration?: { readonly groupsToOverride?: readonly string[] }
  }
}

/** Whom a machine's token (client credentials) stands for. */
export type MachineIdentity = { readonly tenant: string; readonly role: string }

/**
 * The claims that dumpline reads, added to an access token: a person's tenant is an attribute that only administrators
 * write, the role the highest of the groups; a machine's are settings of the stack. What a person lacks stays out of the
 * token, and the API then says so.
 */
export const tokenClaims = (
  { triggerSource, request }: TokenEvent,
  machine: MachineIdentity,
): Readonly<Record<string, string>> => {
  if (triggerSource === 'TokenGeneration_ClientCredentials') return { ...machine }
  const groups = request.groupConfiguration?.groupsToOverride ?? []
  const role = Role.options.findLast((option) => groups.includes(option))
  const tenant = request.userAttributes?.['custom:tenant']
  return { ...(tenant && { tenant }), ...(role && { role }) }
}
