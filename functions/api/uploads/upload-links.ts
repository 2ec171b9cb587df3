import { CreatedUploadLink, CreateUploadLink, UploadLinks } from '../../../shared/cases/links/upload-api.ts'
import { revokeLink, type UploadLinkRecord } from '../../../shared/cases/links/upload-link.ts'
import { later } from '../../../shared/cases/patience.ts'
import { notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { route } from '../route.ts'

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
    answersSecret: true,
    response: CreatedUploadLink,
    run: async (request, ports) => {
      const { tenant, caller, path, body } = request
      const { caseId } = path
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
      const token = ports.newLinkToken()
      await store.uploadLinks.insert(link, link)
      // The token opens the link only from here on: a crash before leaves a link that nobody has.
      await ports.links.insert(token, { kind: 'upload', tenant, caseId, linkId: link.linkId })
      const statement = `An upload link was made; it expires on ${link.expiresAt.slice(0, 10)}.`
      await recordEvent(request, ports, { caseId, action: 'upload-link.created', statement })
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
    run: async ({ tenant, path: { caseId } }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      return { value: { links: await store.listUploadLinks(caseId) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/upload-links/{linkId}',
    permission: 'cases:write',
    summary: 'Revoke an upload link: from now on it opens nothing, also for uploads under way',
    status: 204,
    run: async (request, ports) => {
      const { caseId, linkId } = request.path
      const { uploadLinks } = ports.store(request.tenant)
      const revoked = await uploadLinks.change({ caseId, linkId }, (link) => revokeLink(link, ports.now()))
      if (revoked.record === null) throw notFound('upload link in this case')
      if (revoked.refused === undefined)
        await recordEvent(request, ports, {
          caseId,
          action: 'upload-link.revoked',
          statement: `The upload link made on ${revoked.record.createdAt.slice(0, 10)} was revoked.`,
        })
      return { empty: true }
    },
  }),
]
