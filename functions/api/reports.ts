import { z } from 'zod'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { analysisKey } from '../../shared/cases/object-keys.ts'
import { markdownReport } from '../../shared/report/markdown.ts'
import { tagCsv } from '../../shared/report/tag-csv.ts'
import { ticketText } from '../../shared/report/ticket.ts'
import { conflict, notFound } from './problem.ts'
import { type Reply, route } from './route.ts'

/** As JSON a report is the analysis itself, which has its own path. */
const Format = z.enum(['markdown', 'csv', 'ticket'])
type Format = z.infer<typeof Format>

const ReportQuery = z.object({
  format: Format.default('markdown'),
  /** Whether a report in Markdown ends with the debugger's session. */
  transcript: z.enum(['yes', 'no']).default('no'),
})

/** A function may answer with 6 MB; text grows a little on its way there. */
const mostBytes = 5 * 2 ** 20

export const reportRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/dumps/{dumpId}/analyses/{analysisId}/report',
    permission: 'cases:read',
    summary: 'A finished analysis as a report: Markdown, its tags as CSV, or a short text for a ticket',
    status: 200,
    query: ReportQuery,
    texts: ['text/markdown', 'text/csv', 'text/plain'],
    run: async ({ tenant, path: { caseId, dumpId, analysisId }, query }, { store, documents }) => {
      const id = { tenant, caseId, dumpId, analysisId }
      const record = await store(tenant).analyses.get(id)
      if (record === null) throw notFound('analysis of this dump')
      if (record.status !== 'done') throw conflict('analysis-not-done', `This analysis is ${record.status}.`)
      const analysis = Analysis.parse(JSON.parse(await documents.read(analysisKey(id))))
      const report = reportAs(query.format, analysis, dumpId, query.transcript === 'yes')
      if (Buffer.byteLength(report.text) > mostBytes)
        throw conflict(
          'report-too-long',
          'The report is too long to send. Leave the transcript out, or fetch the analysis.',
        )
      return report
    },
  }),
]

const reportAs = (
  format: Format,
  analysis: Analysis,
  dumpId: string,
  transcript: boolean,
): Extract<Reply, { text: string }> => {
  switch (format) {
    case 'markdown':
      return { text: markdownReport(analysis, { transcript }), mediaType: 'text/markdown', fileName: `${dumpId}.md` }
    case 'ticket':
      return { text: ticketText(analysis), mediaType: 'text/plain' }
    case 'csv':
      if (analysis.pool === null) throw conflict('no-pool', 'This dump does not hold the pool’s accounting.')
      return { text: tagCsv(analysis.pool), mediaType: 'text/csv', fileName: `${dumpId}-tags.csv` }
  }
}
