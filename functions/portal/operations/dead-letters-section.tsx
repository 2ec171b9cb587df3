import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { DeadLetter } from '../../../shared/cases/operations/dead-letters.ts'
import type {
  DeadLetterFigures,
  DeadLetterReport,
  Move,
  QueueReport,
} from '../../../shared/cases/operations/operations-api.ts'
import type { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import { formatCount } from '../format/size.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { Age } from './age.tsx'
import { CaseCell } from './case-cell.tsx'
import { FiguresSection } from './figures-section.tsx'
import { counted, effectWords, ownerWords } from './operations-words.ts'
import { RedriveDialog } from './redrive-dialog.tsx'
import { RedriveHistory } from './redrive-history.tsx'
import type { Figures } from './use-figures.ts'

type DeadLettersProps = {
  readonly queues: Figures<QueueReport>
  readonly report: Figures<DeadLetterReport>
  readonly now: number
  readonly sent: () => void
}

/** A move is worth a line until so long after it was begun. */
const mentionedMs = 60 * 60_000

/** What no retry could deal with, queue by queue: what it is, why it is here, and the button that sends it again. */
export const DeadLettersSection = ({ queues, report, now, sent }: DeadLettersProps) => {
  const [asked, setAsked] = useState<QueueOwner | null>(null)
  const [rounds, setRounds] = useState(0)
  const letters = report.value?.letters ?? []
  return (
    <FiguresSection
      id="dead-letters"
      title="Dead letters"
      figures={queues}
      about="Messages that failed five times: a defect, or an outage longer than their retries. They are kept for 14 days."
    >
      {({ deadLetters }) => {
        const shown = [
          ...deadLetters.filter(({ messages }) => messages > 0),
          ...deadLetters.filter(({ messages, move }) => messages === 0 && isMentioned(move, now)),
        ]
        const chosen = deadLetters.find(({ queue }) => queue === asked)
        return (
          <>
            {shown.length === 0 && <p>None.</p>}
            {shown.map((figures) => (
              <QueueOfLetters
                key={figures.queue}
                figures={figures}
                letters={letters.filter(({ queue }) => queue === figures.queue)}
                now={now}
                ask={() => setAsked(figures.queue)}
              />
            ))}
            {report.error !== undefined && (
              <p className="notice tone-caution" role="status">
                What they are about could not be loaded.
              </p>
            )}
            {report.value !== undefined && <Remainder report={report.value} />}
            <RedriveHistory now={now} rounds={rounds} />
            {chosen !== undefined && (
              <RedriveDialog
                queue={chosen.queue}
                messages={chosen.messages}
                letters={letters.filter(({ queue }) => queue === chosen.queue)}
                close={(didSend) => {
                  setAsked(null)
                  if (!didSend) return
                  setRounds(rounds + 1)
                  sent()
                }}
              />
            )}
          </>
        )
      }}
    </FiguresSection>
  )
}

const isMentioned = (move: Move | null, now: number): move is Move =>
  move !== null && (move.status === 'running' || now - Date.parse(move.startedAt ?? '') < mentionedMs)

type QueueProps = {
  readonly figures: DeadLetterFigures
  readonly letters: readonly DeadLetter[]
  readonly now: number
  readonly ask: () => void
}

const QueueOfLetters = ({ figures: { queue, messages, move }, letters, now, ask }: QueueProps) => (
  <article className="dead-queue" aria-label={`Dead letters of ${ownerWords[queue].name}`}>
    <header>
      <h3>
        {ownerWords[queue].name}
        {messages > 0 && <span className="quiet"> · {counted(messages, 'dead letter')}</span>}
      </h3>
      {messages > 0 && (
        <Button
          onClick={ask}
          disabled={move?.status === 'running'}
          ariaLabel={`Send again: dead letters of ${ownerWords[queue].name}`}
        >
          Send again
        </Button>
      )}
    </header>
    {isMentioned(move, now) && <MoveLine move={move} now={now} />}
    {letters.length > 0 && (
      <table className="plain-table operations-table" aria-label={`Dead letters of ${ownerWords[queue].name}`}>
        <thead>
          <tr>
            <th scope="col">Case</th>
            <th scope="col">Why it failed</th>
            <th scope="col">When</th>
            <th scope="col">If sent again</th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.messageId}>
              <th scope="row">
                {letter.caseId === null ? 'A batch' : <CaseCell caseId={letter.caseId} title={letter.title} />}
                <small>
                  {letter.stage ?? ownerWords[queue].name.toLowerCase()}
                  {letter.shard !== null && `, shard ${letter.shard}`}
                  {letter.lane !== null && ` · ${letter.lane}`}
                  {letter.dumpId !== null && <span className="mono"> · {letter.dumpId}</span>}
                </small>
              </th>
              <td>
                {letter.why === null ? (
                  <span className="quiet">{whyNothing(letter)}</span>
                ) : (
                  <Untrusted text={letter.why} />
                )}
              </td>
              <td>
                <Age at={letter.failedAt ?? letter.sentAt} now={now} />
              </td>
              <td className={letter.effect === 'nothing' ? 'quiet' : ''} data-label="If sent again:">
                {effectWords[letter.effect]}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </article>
)

const whyNothing = ({ status, stage }: DeadLetter): string => {
  if (stage === null) return 'No stage had begun; the function’s log has the reason.'
  if (status === null) return 'There is no record of it: the case is gone.'
  if (status === 'done' || status === 'skipped') return `The stage is ${status} by now.`
  return 'Nothing is recorded: its worker was stopped before it could say. The function’s log has more.'
}

const MoveLine = ({ move: { status, moved, toMove, startedAt, failure }, now }: { move: Move; now: number }) => {
  const progress = `${moved} of ${toMove ?? moved}`
  const words = {
    running: `Being sent again: ${progress} so far`,
    completed: `Sent again: ${progress}`,
    failed: `Could not be sent again after ${progress}: ${failure ?? 'SQS does not say why'}`,
    cancelled: `Sending again was cancelled after ${progress}`,
  }
  return (
    <p className={status === 'failed' ? 'move-line tone-bad' : 'move-line'} role="status">
      {words[status]}
      {startedAt !== null && (
        <>
          {' '}
          <span className="quiet">
            (<Age at={startedAt} now={now} />)
          </span>
        </>
      )}
    </p>
  )
}

const Remainder = ({ report: { others, partial } }: { readonly report: DeadLetterReport }) => (
  <>
    {others > 0 && (
      <p className="quiet">
        {formatCount(others)} more {others === 1 ? 'is' : 'are'} of other tenants, or cannot be read. They are counted,
        and sent again with the rest.
      </p>
    )}
    {partial && <p className="quiet">Not all of them were looked at; these are some.</p>}
  </>
)
