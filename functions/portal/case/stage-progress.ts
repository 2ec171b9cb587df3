import type { StageRecord } from '../../../shared/cases/records.ts'
import type { Stage } from '../../../shared/cases/stage.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'

const order: readonly Stage[] = ['unpack', 'header', 'pool', 'imports', 'verdict']

/** What each stage does, for someone who watches it. */
export const stageWords: Record<Stage, { readonly name: string; readonly does: string }> = {
  unpack: { name: 'Unpack', does: 'Takes the dump out of its archive' },
  header: { name: 'Header', does: 'Container, bugcheck, drivers and memory counters' },
  pool: { name: 'Pool', does: 'Pool tags and what their blocks hold' },
  imports: { name: 'Imports', does: 'Which drivers call the allocation routines' },
  verdict: { name: 'Verdict', does: 'Weighs the evidence' },
}

export type StageRow = { readonly stage: Stage; readonly record: StageRecord | null }

/** Every stage in order, also those no message has reached yet. Only an archive has something to unpack. */
export const stageRows = (records: readonly StageRecord[]): StageRow[] =>
  order
    .filter((stage) => stage !== 'unpack' || records.some((record) => record.stage === stage))
    .map((stage) => ({ stage, record: records.find((record) => record.stage === stage) ?? null }))

/** `Step 2 of 4: pool tags and …`, for the stage that runs or comes next. Null when all ended. */
export const currentStep = (records: readonly StageRecord[]): string | null => {
  const rows = stageRows(records)
  const index = rows.findIndex(
    ({ record }) => record === null || ['queued', 'running', 'waiting'].includes(record.status),
  )
  const row = rows[index]
  return row === undefined ? null : `Step ${index + 1} of ${rows.length}: ${stageWords[row.stage].does}`
}

/** Milliseconds a stage took, or has taken up to `now`; null before it starts. A clock that is behind counts as zero. */
export const stageMilliseconds = (record: StageRecord, now: number): number | null => {
  if (record.startedAt === null) return null
  const end = record.finishedAt === null ? now : Date.parse(record.finishedAt)
  return Math.max(0, end - Date.parse(record.startedAt))
}

/** What the stages that ended took together, as a sentence; null before the first has. */
export const spentSentence = (records: readonly StageRecord[], dollars: number | null): string | null => {
  const costs = records.flatMap(({ cost }) => cost ?? [])
  if (costs.length === 0) return null
  const sum = (figure: (cost: (typeof costs)[number]) => number) =>
    costs.reduce((total, cost) => total + figure(cost), 0)
  const [time, bytes, reads] = [
    sum((cost) => cost.milliseconds),
    sum((cost) => cost.bytesRead),
    sum((cost) => cost.reads),
  ]
  const peak = Math.max(...costs.map((cost) => cost.peakMemoryBytes))
  const price = dollars === null ? '' : `; about ${formatDollars(dollars)} on AWS`
  return `Together: ${formatDuration(time)} of computing, ${formatBytes(bytes)} in ${formatCount(reads)} reads, ${formatBytes(peak)} of memory at most${price}.`
}

/** `$0.0004`: two digits that say something, however little it is. */
export const formatDollars = (dollars: number): string =>
  dollars >= 0.1 ? `$${dollars.toFixed(2)}` : `$${Number(dollars.toPrecision(2))}`
