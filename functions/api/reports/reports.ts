import { conflict, notFound } from '../problem.ts'
import { route } from '../route.ts'
import { ReportQuery, reportReply, reportTypes } from './report-reply.ts'

export const reportRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/dumps/{dumpId}/analyses/{analysisId}/report',
    permission: 'cases:read',
    summary: 'A finished analysis as a report: Markdown, its tags as CSV, or a short text for a ticket',
    status: 200,
    query: ReportQuery,
    texts: reportTypes,
    redirects: true,
    run: async ({ tenant, path: { caseId, dumpId, analysisId }, query }, ports) => {
      const id = { tenant, caseId, dumpId, analysisId }
      const record = await ports.store(tenant).analyses.get(id)
      if (record === null) throw notFound('analysis of this dump')
      if (record.status !== 'done') throw conflict('analysis-not-done', `This analysis is ${record.status}.`)
      return reportReply(ports, id, dumpId, query)
    },
  }),
]
