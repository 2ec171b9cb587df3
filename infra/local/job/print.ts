import type { Analysis } from '../../../shared/analysis/analysis.ts'
import type { StageRecord } from '../../../shared/cases/records.ts'

/** `12.3 MB`: decimal, as disks and networks count. */
export const bytesText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const rank = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  return `${(bytes / 1000 ** rank).toFixed(rank === 0 ? 0 : 1)} ${units[rank]}`
}

export const secondsText = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** `  label     text` */
export const line = (label: string, text: string): string => `  ${label.padEnd(10)}${text}`

export const stageLine = ({ stage, status, startedAt, finishedAt, cost, note }: StageRecord): string => {
  const took = startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt)
  const facts = [
    ...(status === 'done' ? [] : [status]),
    ...(took === null ? [] : [secondsText(took)]),
    ...(cost === null ? [] : [`${bytesText(cost.bytesRead)} read`]),
    ...(note === null ? [] : [note]),
  ]
  return line(stage, facts.join(', '))
}

/** Headline, verdict and whom it names; or why the file cannot be analysed. */
export const resultLines = ({ headline, verdict, findings, dump }: Analysis): string[] => {
  if (dump.refusal) return [dump.refusal.message, dump.refusal.advice]
  const named =
    findings.find(({ status }) => status === 'culprit') ?? findings.find(({ status }) => status === 'suspects')
  const candidates = named?.candidates ?? []
  return [
    headline,
    '',
    line('verdict', verdict),
    ...candidates.map(({ kind, name, confidence }) =>
      line(kind === 'module' ? 'driver' : kind, `${name}, confidence ${confidence.toFixed(2)}`),
    ),
  ]
}
