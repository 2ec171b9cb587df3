import { Analysis } from '../../shared/analysis/analysis.ts'
import type { AnalysisId } from '../../shared/cases/object-keys.ts'
import { linkHolds, openLink, type VendorLinkRecord, VendorReport } from '../../shared/cases/vendor-link.ts'
import { analysisReply } from './analyses.ts'
import type { ApiPorts } from './ports.ts'
import { gone, notFound } from './problem.ts'
import { recordEvent } from './record-event.ts'
import { ReportQuery, reportReply, reportTypes } from './report-reply.ts'
import { route } from './route.ts'

/** The link behind a token, as long as it holds; that it was opened is recorded, once an hour at most. */
const openShared = async (
  token: string,
  ports: ApiPorts,
): Promise<{ readonly link: VendorLinkRecord; readonly id: AnalysisId }> => {
  const target = await ports.links.find(token)
  if (target?.kind !== 'vendor') throw notFound('report')
  const { tenant, caseId, linkId } = target
  const { vendorLinks } = ports.store(tenant)
  const link = await vendorLinks.get({ caseId, linkId })
  if (link === null) throw notFound('report')
  const now = ports.now()
  if (!linkHolds(link, now))
    throw gone(
      'link-ended',
      `This link ${link.revokedAt === null ? 'has expired' : 'was revoked'}. Ask whoever sent it for a new one.`,
    )
  const opened = await vendorLinks.change({ caseId, linkId }, (record) => openLink(record, now))
  if (opened.refused === undefined)
    await recordEvent({ tenant, caller: { subject: `link:${linkId}` } }, ports, {
      caseId,
      action: 'vendor-link.opened',
      statement: `The report was opened through the vendor link made on ${link.createdAt.slice(0, 10)}.`,
    })
  const { dumpId, analysisId } = link
  return { link, id: { tenant, caseId, dumpId, analysisId } }
}

/** What a vendor sees: whoever has the token may ask, and gets this one report. */
export const sharedReportRoutes = [
  route({
    method: 'GET',
    path: '/vendor-links/{token}',
    permission: null,
    summary: 'Whether a vendor link still shows its report, and until when',
    status: 200,
    response: VendorReport,
    run: async ({ path }, ports) => {
      const { link } = await openShared(path.token, ports)
      return { value: { createdAt: link.createdAt, expiresAt: link.expiresAt } }
    },
  }),
  route({
    method: 'GET',
    path: '/vendor-links/{token}/analysis',
    permission: null,
    summary: 'The analysis behind a vendor link; a long one by redirection (307) to a short-lived link',
    status: 200,
    response: Analysis,
    redirects: true,
    run: async ({ path }, ports) => analysisReply(ports.documents, (await openShared(path.token, ports)).id),
  }),
  route({
    method: 'GET',
    path: '/vendor-links/{token}/report',
    permission: null,
    summary: 'The analysis behind a vendor link as a report',
    status: 200,
    query: ReportQuery,
    texts: reportTypes,
    run: async ({ path, query }, ports) =>
      reportReply(ports.documents, (await openShared(path.token, ports)).id, query),
  }),
]
