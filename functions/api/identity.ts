import { Me, SignIn } from '../../shared/cases/identity-api.ts'
import { mayDo, Permission } from '../../shared/cases/permissions.ts'
import { route } from './route.ts'

export const identityRoutes = [
  route({
    method: 'GET',
    path: '/sign-in',
    permission: null,
    summary: 'Where and as which client to sign in (OpenID Connect, code flow with PKCE)',
    status: 200,
    response: SignIn,
    run: async (_request, { identity }) => ({ value: identity.signIn }),
  }),
  route({
    method: 'GET',
    path: '/me',
    permission: 'cases:read',
    summary: 'Who the caller is, and what they may do',
    status: 200,
    response: Me,
    run: async ({ caller }) => ({
      value: { ...caller, permissions: Permission.options.filter((permission) => mayDo(caller.role, permission)) },
    }),
  }),
]
