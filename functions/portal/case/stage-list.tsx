import type { StageRecord } from '../../../shared/cases/records.ts'
import { formatBytes } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { useNow } from '../format/use-now.ts'
import { visibleText } from '../format/visible-text.ts'
import { ToneLabel } from '../verdict/tone-label.tsx'
import type { Tone } from '../verdict/verdict-words.ts'
import type { Spent } from './case-state.ts'
import { type StageRow, spentSentence, stageMilliseconds, stageRows, stageWords } from './stage-progress.ts'

const statusWords: Record<StageRecord['status'], { readonly label: string; readonly tone: Tone }> = {
  queued: { label: 'Queued', tone: 'neutral' },
  running: { label: 'Running', tone: 'busy' },
  waiting: { label: 'Scanning in parts', tone: 'busy' },
  done: { label: 'Done', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  skipped: { label: 'Skipped', tone: 'neutral' },
}

type StageListProps = { readonly stages: readonly StageRecord[]; readonly running: boolean; readonly spent: Spent }

/** The way of the dump through the pipeline: what each stage does, how it stands, what it took. */
export const StageList = ({ stages, running, spent }: StageListProps) => {
  const now = useNow(1000, running)
  const together = spentSentence(stages, spent.dollars)
  const rows = stageRows(stages)
  const list = (
    <ol className="stages">
      {rows.map((row) => (
        <StageItem key={row.stage} row={row} shards={row.stage === 'pool' ? spent.shards : null} now={now} />
      ))}
    </ol>
  )
  // Once nothing is left to follow, the evidence is what a reader wants next.
  if (!running && rows.every(({ record }) => record?.status === 'done'))
    return (
      <details className="stages-done">
        <summary>
          All {rows.length} stages are done. {together}
        </summary>
        {list}
      </details>
    )
  return (
    <section aria-label="Stages">
      {list}
      {together !== null && <p className="quiet stage-total">{together}</p>}
    </section>
  )
}

type StageItemProps = { readonly row: StageRow; readonly shards: Spent['shards']; readonly now: number }

const StageItem = ({ row: { stage, record }, shards, now }: StageItemProps) => {
  const { label, tone } = record === null ? { label: 'Not yet', tone: 'neutral' as const } : statusWords[record.status]
  const took = record === null ? null : stageMilliseconds(record, now)
  const figures = [
    took === null ? null : formatDuration(took),
    record?.cost ? `${formatBytes(record.cost.bytesRead)} read` : null,
    shards === null || shards.of < 2 ? null : shardWords(shards),
    record !== null && record.attempt > 1 ? `attempt ${record.attempt}` : null,
  ].filter((figure) => figure !== null)
  return (
    <li className={`stage ${record?.status ?? 'waiting'}`} data-stage={stage}>
      <div className="stage-head">
        <strong>{stageWords[stage].name}</strong>
        <ToneLabel tone={tone} label={label} />
      </div>
      <p className="quiet">{stageWords[stage].does}</p>
      {figures.length > 0 && <p className="stage-figures">{figures.join(' · ')}</p>}
      {record?.note && <p className="stage-note">{visibleText(record.note)}</p>}
    </li>
  )
}

const shardWords = ({ of, done, failed }: NonNullable<Spent['shards']>): string =>
  `${done} of ${of} parts${failed === 0 ? '' : `, ${failed} failed`}`
