import { z } from 'zod'
import { Analysis } from '../../../shared/analysis/analysis.ts'
import type { AnalysisId } from '../../../shared/cases/object-keys.ts'
import { markdownReport } from '../../../shared/report/markdown.ts'
import { tagCsv } from '../../../shared/report/tag-csv.ts'
import { ticketText } from '../../../shared/report/ticket.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict } from '../problem.ts'
import type { Reply } from '../route.ts'
import { readAnalysis } from './stored-analysis.ts'

/** As JSON a report is the analysis itself, which has its own path. */
const Format = z.enum(['markdown', 'csv', 'ticket'])
type Format = z.infer<typeof Format>

/** What the answer may be. */
export const reportTypes = ['text/markdown', 'text/csv', 'text/plain']

export const ReportQuery = z.object({
  format: Format.default('markdown'),
  /** Whether a report in Markdown ends with the debugger's session. */
  transcript: z.enum(['yes', 'no']).default('no'),
})

/** A function may answer with 6 MB; text grows a little on its way there. */
const mostBytes = 5 * 2 ** 20

type TextReply = Extract<Reply, { text: string }>

/**
 * A finished analysis as a report in one of the formats; `name` is that of the file it is saved as, without an ending. A
 * very long one is handed out as a copy.
 */
export const reportReply = async (
  { documents, handOut, newLinkToken }: ApiPorts,
  id: AnalysisId,
  name: string,
  { format, transcript }: z.infer<typeof ReportQuery>,
): Promise<Reply> => {
  const analysis = Analysis.parse(JSON.parse(await readAnalysis(documents, id)))
  const report = reportAs(format, analysis, name, transcript === 'yes')
  if (Buffer.byteLength(report.text) <= mostBytes) return report
  const { text: body, mediaType, fileName } = report
  return { redirect: await handOut(newLinkToken(), { body, mediaType: `${mediaType}; charset=utf-8`, fileName }) }
}

const reportAs = (format: Format, analysis: Analysis, name: string, transcript: boolean): TextReply => {
  switch (format) {
    case 'markdown':
      return { text: markdownReport(analysis, { transcript }), mediaType: 'text/markdown', fileName: `${name}.md` }
    case 'ticket':
      return { text: ticketText(analysis), mediaType: 'text/plain' }
    case 'csv':
      if (analysis.pool === null) throw conflict('no-pool', 'This dump does not hold the pool’s accounting.')
      return { text: tagCsv(analysis.pool), mediaType: 'text/csv', fileName: `${name}-tags.csv` }
  }
}
