import { z } from 'zod'
import { linkTokenKey } from './item-keys.ts'
import { type Collection, collection } from './store.ts'
import type { Table } from './table.ts'

/** The link that a token opens. A token is all its holder has, so that it leads to a tenant rather than from one. */
export const LinkOfToken = z.object({ tenant: z.string(), caseId: z.string(), linkId: z.string() })
export type LinkOfToken = z.infer<typeof LinkOfToken>

export type LinkTokens = Collection<LinkOfToken, { readonly tokenHash: string }>

/** `tokenHash`: the SHA-256 of the token in hexadecimal. */
export const linkTokens = (table: Table): LinkTokens =>
  collection(table, LinkOfToken, ({ tokenHash }: { tokenHash: string }) => linkTokenKey(tokenHash))
