import type { TagGrowth } from '../analysis/comparison.ts'
import type { Finding } from '../analysis/finding.ts'
import { named } from '../verdict/leak-finding.ts'
import { objectTags } from '../verdict/leak-rules.ts'
import { pressureOf, totalsOf } from '../verdict/pressure.ts'
import { counted, grouped, listed, percent, poolName } from '../verdict/wording.ts'
import { growthAdvice } from './advice.ts'
import type { Snapshot } from './compared.ts'
import { growthRules } from './growth-rules.ts'
import { hoursText } from './intervals.ts'
import { isWeak } from './lockstep.ts'
import type { Span } from './tag-growth.ts'

/** A tag that grew. Who makes it grow is for the newest dump to say: its finding on the same tag lends its candidates. */
export const growthFinding = (row: TagGrowth, span: Span, snapshots: readonly Snapshot[]): Finding => {
  const [first, last] = [snapshots[span.indexes[0]], snapshots[span.indexes[span.indexes.length - 1]]]
  const isObject = objectTags.includes(row.tag)
  const known = leakIn(last, row)
  const status = known?.status === 'culprit' || known?.status === 'suspects' ? known.status : 'inconclusive'
  return {
    id: `growth-${row.pool}-${row.tag}`,
    kind: isObject ? 'object-leak' : 'pool-leak',
    pool: row.pool,
    tag: row.tag,
    bytes: totalsIn(last, row).bytes,
    outstanding: totalsIn(last, row).outstanding,
    status,
    candidates: known?.candidates ?? [],
    summary: [
      `${row.tag} in ${poolName(row.pool)} ${growthText(row, span)}.`,
      turnoverText(row),
      fullText(row, last),
      lockstepText(row, span),
      warmUpText(first),
      known === null ? 'The newest dump alone does not tell who makes it grow.' : whoText(known),
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    nextStep: known?.nextStep ?? (isObject ? growthAdvice.object : growthAdvice.tag.replace('TAG', row.tag)),
  }
}

/** A tag that the newest dump calls a leak and that did not grow: much, but not more and more. */
export const steadyFinding = (leak: Finding, row: TagGrowth, span: Span): Finding => ({
  ...leak,
  id: `steady-${row.pool}-${row.tag}`,
  status: 'information',
  candidates: [],
  summary: `${row.tag} takes much of ${poolName(row.pool)} in the newest dump, but did not grow by the rules of a leak in ${hoursText(span.hours)}: it went from ${figures(row, span)} bytes. That is rather a load, or a leak that rests.`,
  nextStep: growthAdvice.steady,
})

/** The finding of the newest dump on a tag, if it has one. */
export const leakIn = ({ findings }: Snapshot, { tag, pool }: Pick<TagGrowth, 'tag' | 'pool'>): Finding | null =>
  findings.find((finding) => finding.tag === tag && finding.pool === pool && finding.kind.endsWith('-leak')) ?? null

/** `grew from 1 to 2 bytes (3 to 4 blocks) in 72 hours, 5 bytes an hour`. */
export const growthText = (row: TagGrowth, span: Span): string => {
  const blocks = ends(row.outstanding, span).map(grouped).join(' to ')
  return `grew from ${figures(row, span)} bytes (${blocks} blocks) in ${hoursText(span.hours)}, ${grouped(Math.round(row.bytesPerHour ?? 0))} bytes an hour`
}

const ends = (values: readonly number[], { indexes }: Span): number[] => [
  values[indexes[0]],
  values[indexes[indexes.length - 1]],
]
const figures = (row: TagGrowth, span: Span): string => ends(row.bytes, span).map(grouped).join(' to ')

const totalsIn = ({ pool }: Snapshot, row: TagGrowth) => {
  const known = pool.tags.find(({ tag }) => tag === row.tag)
  return known === undefined ? { bytes: 0, outstanding: 0 } : totalsOf(known, row.pool)
}

const turnoverText = ({ allocated, freed }: TagGrowth): string =>
  allocated === null || freed === null || allocated === 0
    ? ''
    : `In that time ${counted(allocated, 'block')} were allocated and ${grouped(freed)} freed (${percent(Math.min(freed, allocated), allocated)}).`

const yearHours = 365 * 24

/** How long a pool with a maximum lasts at this rate. */
const fullText = (row: TagGrowth, last: Snapshot): string => {
  const { usedBytes, maximumBytes } = pressureOf(row.pool, last.dump, last.memory, last.pool)
  if (usedBytes === null || maximumBytes === null || row.bytesPerHour === null || row.bytesPerHour <= 0) return ''
  const hours = (maximumBytes - usedBytes) / row.bytesPerHour
  return hours < 0 || hours > yearHours
    ? ''
    : `At this rate ${poolName(row.pool)} is full ${hours < 48 ? hoursText(hours) : counted(Math.round(hours / 24), 'day')} after the last dump.`
}

const lockstepText = ({ lockstepWith }: TagGrowth, span: Span): string => {
  if (lockstepWith.length === 0) return ''
  const names = listed(lockstepWith)
  return isWeak(span)
    ? `About as many new blocks have ${names}: with two dumps that is a weak sign of one cause.`
    : `${names} ${lockstepWith.length === 1 ? 'grows' : 'grow'} in step with it over ${span.indexes.length - 1} intervals, as things of one cause do.`
}

const warmUpText = ({ dump }: Snapshot): string => {
  const up = dump.uptimeSeconds
  return up !== null && up < growthRules.settledHours * 3600
    ? `The first dump was taken ${hoursText(up / 3600)} after the start, when caches and tables still fill: part of this may be that.`
    : ''
}

const whoText = (finding: Finding): string => {
  const names = named(finding).map(({ name }) => name)
  if (finding.status === 'culprit') return `By the newest dump ${names[0]} is the culprit.`
  if (finding.status === 'suspects')
    return `By the newest dump ${listed(names)} ${names.length === 1 ? 'is' : 'are'} suspected.`
  return 'The newest dump does not tell who makes it grow.'
}
