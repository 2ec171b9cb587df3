import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import { useContext, useState } from 'react'
import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import { messageOf } from '../../api/api-error.ts'
import type { ReportFormat } from '../../api/reports-client.ts'
import { saveFile } from '../../save-file.ts'
import { PrintReport } from './print-report.ts'

type ReportActionsProps = {
  readonly analysis: Analysis
  /** What the files are called, without their ending. */
  readonly name: string
  readonly report: (format: ReportFormat, transcript: boolean) => Promise<string>
}

const items = (analysis: Analysis) => [
  { id: 'markdown', text: 'Markdown' },
  { id: 'markdown-transcript', text: 'Markdown with the transcript' },
  { id: 'json', text: 'JSON, the whole analysis' },
  { id: 'csv', text: 'Pool tags as CSV', disabled: analysis.pool === null },
  { id: 'print', text: 'Print, or save as PDF' },
  { id: 'print-transcript', text: 'Print with the transcript', disabled: analysis.transcript.length === 0 },
]

/** The report to take away: into a ticket, as a file, on paper. */
export const ReportActions = ({ analysis, name, report }: ReportActionsProps) => {
  const print = useContext(PrintReport)
  const [said, setSaid] = useState<string | null>(null)

  const attempt = async (run: () => Promise<string | null>): Promise<void> => {
    setSaid(null)
    try {
      setSaid(await run())
    } catch (error) {
      setSaid(messageOf(error))
    }
  }
  const copyForTicket = () =>
    attempt(async () => {
      // The text is handed over as a promise: a browser allows the clipboard right after the click only.
      const text = report('ticket', false).then((words) => new Blob([words], { type: 'text/plain' }))
      await navigator.clipboard.write([new ClipboardItem({ 'text/plain': text })])
      return 'Copied'
    })
  const take = (id: string) =>
    attempt(async () => {
      if (id === 'print' || id === 'print-transcript') print(id === 'print-transcript')
      else if (id === 'json') saveFile(`${name}.json`, 'application/json', JSON.stringify(analysis, null, 2))
      else if (id === 'csv') saveFile(`${name}-tags.csv`, 'text/csv', await report('csv', false))
      else saveFile(`${name}.md`, 'text/markdown', await report('markdown', id === 'markdown-transcript'))
      return null
    })

  return (
    <>
      <span role="status" className="quiet">
        {said}
      </span>
      <Button iconName="copy" onClick={copyForTicket}>
        Copy for a ticket
      </Button>
      <ButtonDropdown items={items(analysis)} onItemClick={({ detail }) => void take(detail.id)}>
        Report
      </ButtonDropdown>
    </>
  )
}
