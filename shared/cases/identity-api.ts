import { z } from 'zod'
import { Permission, Role } from './permissions.ts'

/** What a client must know to sign a person in; the rest is in the issuer's discovery document. */
export const SignIn = z.object({ issuer: z.url(), clientId: z.string(), scopes: z.string() })
export type SignIn = z.infer<typeof SignIn>

/** `subject` is the identity provider's name for the caller, as audit events show it. */
export const Me = z.object({
  subject: z.string(),
  tenant: z.string(),
  role: Role,
  permissions: z.array(Permission),
})
export type Me = z.infer<typeof Me>
