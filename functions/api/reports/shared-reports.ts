import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Analysis } from '../../../shared/analysis/analysis.ts'
import { linkHolds, openLink, type VendorLinkRecord, VendorReport } from '../../../shared/cases/links/vendor-link.ts'
import type { AnalysisId } from '../../../shared/cases/object-keys.ts'
import type { ApiPorts } from '../ports.ts'
import { gone, notFound, type ProblemError } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { type Reply, route } from '../route.ts'
import { ReportQuery, reportReply, reportTypes } from './report-reply.ts'
import { analysisBytes, readAnalysis } from './stored-analysis.ts'

/** A function may answer with 6 MB; what is not text travels in base64, which makes four bytes of three. */
const mostPackedBytes = 4 * 2 ** 20

/**
 * The stored `Analysis`, packed to a tenth of its length. One that is too long even so is handed out as a copy: its own
 * address in storage would name the tenant and the case.
 */
const packedAnalysis = async ({ documents, handOut, newLinkToken }: ApiPorts, id: AnalysisId): Promise<Reply> => {
  const gzippedJson = await promisify(gzip)(await readAnalysis(documents, id))
  if (gzippedJson.length <= mostPackedBytes) return { gzippedJson }
  const answer = { body: gzippedJson, mediaType: 'application/json', encoding: 'gzip' } as const
  return { redirect: await handOut(newLinkToken(), answer) }
}

const deleted = (): ProblemError => gone('results-deleted', 'What this link showed was deleted.')

/** The link behind a token, as long as it holds; that it was opened is recorded, once an hour at most. */
const openShared = async (
  token: string,
  ports: ApiPorts,
): Promise<{ readonly link: VendorLinkRecord; readonly id: AnalysisId }> => {
  const target = await ports.links.find(token)
  if (target?.kind !== 'vendor') throw notFound('report')
  const { tenant, caseId, linkId } = target
  const store = ports.store(tenant)
  const link = await store.vendorLinks.get({ caseId, linkId })
  if (link === null) throw deleted()
  const now = ports.now()
  if (!linkHolds(link, now))
    throw gone('link-ended', `This link ${link.revokedAt === null ? 'has expired' : 'was revoked'}.`)
  const { dumpId, analysisId } = link
  const id = { tenant, caseId, dumpId, analysisId }
  if ((await store.cases.get(id)) === null || (await store.analyses.get(id)) === null) throw deleted()
  await analysisBytes(ports.documents, id)
  const opened = await store.vendorLinks.change({ caseId, linkId }, (record) => openLink(record, now))
  if (opened.refused === undefined)
    await recordEvent({ tenant, caller: { subject: `link:${linkId}` } }, ports, {
      caseId,
      action: 'vendor-link.opened',
      statement: `The report was opened through the vendor link made on ${link.createdAt.slice(0, 10)}.`,
    })
  return { link, id }
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
    summary:
      'The analysis behind a vendor link, compressed (gzip); a very long one by redirection (307) to a link of a minute',
    status: 200,
    response: Analysis,
    redirects: true,
    run: async ({ path }, ports) => packedAnalysis(ports, (await openShared(path.token, ports)).id),
  }),
  route({
    method: 'GET',
    path: '/vendor-links/{token}/report',
    permission: null,
    summary: 'The analysis behind a vendor link as a report',
    status: 200,
    query: ReportQuery,
    texts: reportTypes,
    redirects: true,
    run: async ({ path, query }, ports) =>
      reportReply(ports, (await openShared(path.token, ports)).id, 'dumpline-report', query),
  }),
]
