import { environment } from '../aws/environment.ts'
import { type TokenEvent, tokenClaims } from './token-claims.ts'

const machine = { tenant: environment('MACHINE_TENANT'), role: environment('MACHINE_ROLE') }

/** Cognito's trigger before it makes a token: the event goes back with the response in it. */
export const handler = async (event: TokenEvent) => ({
  ...event,
  response: {
    claimsAndScopeOverrideDetails: {
      accessTokenGeneration: { claimsToAddOrOverride: tokenClaims(event, machine) },
    },
  },
})
