import { z } from 'zod'
import { Tenant } from '../object-keys.ts'
import type { Table } from '../table.ts'
import { hashLinkToken } from './link-token.ts'

/** What a link's token leads to: a link of one case of one tenant, whose own record says whether it still holds. */
export const LinkTarget = z.object({
  kind: z.enum(['vendor', 'upload']),
  tenant: Tenant,
  caseId: z.string(),
  linkId: z.string(),
})
export type LinkTarget = z.infer<typeof LinkTarget>

/** Where tokens lead. It is the one thing outside all tenants: whoever comes with a token has no other name. */
export type LinkIndex = {
  find(token: string): Promise<LinkTarget | null>
  /** Throws if the token is in use, which a random one is not. */
  insert(token: string, target: LinkTarget): Promise<void>
}

const keyOf = (token: string) => ({ pk: `link#${hashLinkToken(token)}`, sk: 'link' })

export const linkIndex = (table: Table): LinkIndex => ({
  find: async (token) => {
    const item = await table.get(keyOf(token))
    return item === null ? null : LinkTarget.parse(item.record)
  },
  insert: async (token, target) => {
    const isNew = await table.put({ ...keyOf(token), revision: 1, record: target }, null)
    if (!isNew) throw new Error('This token leads somewhere already.')
  },
})
