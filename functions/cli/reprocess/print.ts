import type { BatchItem, BatchRecord } from '../../../shared/cases/batches/batch.ts'
import type { BatchView } from '../../../shared/cases/batches/reprocessing-api.ts'

const dollars = (value: number): string => (value === 0 ? '$0' : `$${value.toPrecision(3)}`)

/** One batch a line: id, status, name. */
export const listLines = (batches: readonly BatchRecord[]): string[] =>
  batches.length === 0
    ? ['There are no batches yet.']
    : batches.map(({ batchId, status, name }) => `${batchId}  ${status.padEnd(11)}  ${name}`)

/** A batch as a person follows it: what it is, what its plan comes to, how far it is. */
export const viewLines = ({ batch, plan, progress, verdicts, actions }: BatchView): string[] => [
  `${batch.batchId}  ${batch.status}  ${batch.name}`,
  ...(batch.pause === null ? [] : [`paused      ${batch.pause.reason}`]),
  `plan        ${plan.dumps} dumps of ${plan.cases} cases, ${plan.bytes.toLocaleString('en-US')} bytes; about ${dollars(plan.estimatedDollars)} and ${plan.estimatedSeconds} s; ${plan.impossible} impossible, ${plan.refused} unreadable${batch.cutOff ? '; cut off' : ''}`,
  `begins at   ${
    Object.entries(plan.beginAt)
      .map(([stage, dumps]) => `${stage}: ${dumps}`)
      .join(', ') || 'nothing'
  }`,
  `progress    ${progress.waiting} waiting, ${progress.running} running, ${progress.same} same, ${progress.changed} changed, ${progress.failed} failed, ${progress.impossible} impossible, ${progress.cancelled} cancelled, of ${progress.items}`,
  `published   ${progress.published}, left as they stand ${progress.kept}, moved back ${progress.movedBack}; spent ${dollars(progress.spent)}`,
  ...verdicts.map(({ from, to, dumps }) => `verdicts    ${from} → ${to}: ${dumps}`),
  `may now     ${actions.join(', ') || 'nothing'}`,
]

/** What changed of one dump, and a line for each figure. */
export const differenceLines = ({ caseId, dumpId, difference, note }: BatchItem): string[] => {
  if (difference === null) return [`${caseId} ${dumpId}  ${note ?? 'not done'}`]
  const { verdict, named, confidence, figures } = difference
  const pair = ({ from, to }: { from: unknown; to: unknown }): string => (from === to ? `${to}` : `${from} → ${to}`)
  return [
    `${caseId} ${dumpId}  ${pair(verdict)}; names ${pair(named)}; confidence ${pair(confidence)}`,
    ...figures.map((row) => `    ${row.figure}: ${pair(row)}`),
  ]
}
