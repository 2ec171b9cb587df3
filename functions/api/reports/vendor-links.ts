import {
  CreatedVendorLink,
  CreateVendorLink,
  revokeLink,
  VendorLinkList,
  type VendorLinkRecord,
} from '../../../shared/cases/links/vendor-link.ts'
import { conflict, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { route } from '../route.ts'

const dayMs = 86_400_000

/** How a case's engineers make, see and revoke links for a vendor. */
export const vendorLinkRoutes = [
  route({
    method: 'POST',
    path: '/cases/{caseId}/vendor-links',
    permission: 'cases:write',
    summary: 'Make a link that shows one finished analysis, and nothing else of the case, until it expires',
    status: 201,
    body: CreateVendorLink,
    answersSecret: true,
    response: CreatedVendorLink,
    run: async (request, ports) => {
      const { tenant, caller, path, body } = request
      const { caseId } = path
      const store = ports.store(tenant)
      const dump = await store.dumps.get({ caseId, dumpId: body.dumpId })
      if (dump === null) throw notFound('dump in this case')
      const { dumpId, currentAnalysisId: analysisId } = dump
      const analysis = analysisId === null ? null : await store.analyses.get({ caseId, dumpId, analysisId })
      if (analysis?.status !== 'done') throw conflict('analysis-not-done', 'There is no finished analysis to show yet.')
      const now = ports.now()
      const link: VendorLinkRecord = {
        caseId,
        linkId: ports.newId('link'),
        dumpId,
        analysisId: analysis.analysisId,
        createdAt: now.toISOString(),
        createdBy: caller.subject,
        expiresAt: new Date(now.getTime() + body.days * dayMs).toISOString(),
        revokedAt: null,
        openedAt: null,
      }
      const token = ports.newLinkToken()
      await store.vendorLinks.insert(link, link)
      await ports.links.insert(token, { kind: 'vendor', tenant, caseId, linkId: link.linkId })
      const statement = `A vendor link to the report of ${dump.fileName} was made; it expires on ${link.expiresAt.slice(0, 10)}.`
      await recordEvent(request, ports, { caseId, action: 'vendor-link.created', statement })
      return { value: { ...link, token } }
    },
  }),
  route({
    method: 'GET',
    path: '/cases/{caseId}/vendor-links',
    permission: 'cases:read',
    summary: 'The vendor links of a case, newest first; their tokens are not kept',
    status: 200,
    response: VendorLinkList,
    run: async ({ tenant, path: { caseId } }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      return { value: { links: await store.listVendorLinks(caseId) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/vendor-links/{linkId}',
    permission: 'cases:write',
    summary: 'Revoke a vendor link: from now on it shows nothing',
    status: 204,
    run: async (request, ports) => {
      const { caseId, linkId } = request.path
      const id = { caseId, linkId }
      const revoked = await ports.store(request.tenant).vendorLinks.change(id, (link) => revokeLink(link, ports.now()))
      if (revoked.record === null) throw notFound('link of this case')
      if (revoked.refused === undefined)
        await recordEvent(request, ports, {
          caseId,
          action: 'vendor-link.revoked',
          statement: `The vendor link made on ${revoked.record.createdAt.slice(0, 10)} was revoked.`,
        })
      return { empty: true }
    },
  }),
]
