import { later } from '../../shared/cases/patience.ts'
import type { UploadLinkRecord } from '../../shared/cases/records.ts'
import { CreatedUploadLink, CreateUploadLink, UploadLinks } from '../../shared/cases/upload-api.ts'
import { revokeLink } from '../../shared/cases/upload-link.ts'
import { recordEvent } from '../aws/record-event.ts'
import { newLinkToken, tokenHash } from './link-token.ts'
import { notFound } from './problem.ts'
import { route } from './route.ts'

const dayMs = 24 * 60 * 60_000

/** An engineer's part in upload links: to make, see and revoke those of a case. */
export const uploadLinkRoutes = [
  route({
    method: 'POST',
    path: '/cases/{caseId}/upload-links',
    permission: 'cases:write',
    summary: 'Make a link that lets its holder upload dumps to this case; its token is shown this once',
    status: 201,
    body: CreateUploadLink,
    response: CreatedUploadLink,
    run: async ({ tenant, caller, path: { caseId }, body }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      const { days, ...limits } = body
      const now = ports.now()
      const link: UploadLinkRecord = {
        caseId,
        linkId: ports.newId('link'),
        ...limits,
        createdAt: now.toISOString(),
        createdBy: caller.subject,
        expiresAt: later(now, days * dayMs).toISOString(),
        revokedAt: null,
        dumps: [],
      }
      const token = newLinkToken()
      await store.links.insert(link, link)
      // The token opens the link only from here on: a crash before leaves a link that nobody has.
      const { linkId } = link
      await ports.linkTokens.insert({ tokenHash: tokenHash(token) }, { tenant, caseId, linkId })
      const acting = { tenant, caseId, actor: caller.subject }
      await recordEvent(ports, acting, 'link.created', `An upload link was made, open until ${link.expiresAt}.`)
      return { value: { link, token } }
    },
  }),
  route({
    method: 'GET',
    path: '/cases/{caseId}/upload-links',
    permission: 'cases:read',
    summary: 'List the upload links of a case, without their tokens',
    status: 200,
    response: UploadLinks,
    run: async ({ tenant, path: { caseId } }, { store }) => ({ value: { links: await store(tenant).linksOf(caseId) } }),
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/upload-links/{linkId}',
    permission: 'cases:write',
    summary: 'Revoke an upload link: from now on it opens nothing, also for uploads under way',
    status: 204,
    run: async ({ tenant, caller, path: { caseId, linkId } }, ports) => {
      const revoked = await ports
        .store(tenant)
        .links.change({ caseId, linkId }, (link) => revokeLink(link, ports.now()))
      if (revoked.refused === 'absent') throw notFound('upload link')
      const acting = { tenant, caseId, actor: caller.subject }
      if (revoked.refused === undefined) await recordEvent(ports, acting, 'link.revoked', 'An upload link was revoked.')
      return { empty: true }
    },
  }),
]
