import type { Comparison, TagGrowth } from '../analysis/comparison.ts'
import { engineVersion } from '../analysis/engine-version.ts'
import type { Finding } from '../analysis/finding.ts'
import { grouped, listed } from '../verdict/wording.ts'
import { growthAdvice } from './advice.ts'
import { byTime, type Comparable, hasPool, type Snapshot, timeOf } from './compared.ts'
import { growthFinding, leakIn, steadyFinding } from './growth-finding.ts'
import { growthRules } from './growth-rules.ts'
import { type Compared, comparisonHeadline } from './headline.ts'
import { hoursText, intervalOf } from './intervals.ts'
import { inStepWith } from './lockstep.ts'
import { type SameServer, sameServerOf } from './same-server.ts'
import { growthOf, type Span, spanOf } from './tag-growth.ts'

/**
 * Growth between two or more dumps of one server. Pure. Growth is only claimed of dumps that can be of one server, of one
 * boot, at known times, and with complete accounting; the notes say what of this does not hold.
 */
export const compare = (analyses: readonly Comparable[]): Comparison => {
  const ordered = byTime(analyses)
  const snapshots = ordered.filter(hasPool)
  const intervals = snapshots.slice(1).map((later, index) => intervalOf(snapshots[index], later))
  const server = serverOf(snapshots)
  const span = server.same === false ? null : spanOf(snapshots, intervals)
  const tags = snapshots.length === 0 ? [] : inStep(growthOf(snapshots, span), span)
  const compared = { snapshots, intervals, server, span, tags }
  const findings = findingsOf(compared)
  return {
    schema: 'dumpline/comparison/1',
    engine: { version: engineVersion, data: { growth: growthRules.version } },
    dumps: snapshots.map(({ dump, pool }) => ({
      at: dump.crashedAt,
      uptimeSeconds: dump.uptimeSeconds,
      lowerBound: pool.lowerBound,
    })),
    sameServer: server.same,
    intervals,
    span: [...(span?.indexes ?? [])],
    tags,
    findings,
    headline: comparisonHeadline(compared, findings),
    notes: [...server.reasons, ...notes(ordered, compared)],
  }
}

/** Of one server are dumps when each is with the one before it. Of several, a reason says which two it is about unless it is about all. */
const serverOf = (snapshots: readonly Snapshot[]): SameServer => {
  if (snapshots.length < 2) return { same: null, reasons: [] }
  const pairs = snapshots.slice(1).map((later, index) => sameServerOf(snapshots[index], later))
  const [first] = pairs
  if (pairs.every(({ same, reasons }) => same === first.same && `${reasons}` === `${first.reasons}`)) return first
  const told = pairs.map(({ same, reasons }, index) => ({
    same,
    reasons: reasons.map((reason) => `Dumps ${index + 1} and ${index + 2}: ${reason}`),
  }))
  const decided = told.find(({ same }) => same === false) ?? told.find(({ same }) => same === null)
  return decided ?? { same: true, reasons: told.flatMap(({ reasons }) => reasons) }
}

const inStep = (rows: ReturnType<typeof growthOf>, span: Span | null): TagGrowth[] =>
  rows.map((row) => ({ ...row, lockstepWith: span !== null && row.grows ? inStepWith(row, rows, span) : [] }))

const findingsOf = (compared: Compared): Finding[] => {
  const { snapshots, span, tags } = compared
  if (span === null) return [notMeasured(compared)]
  const newest = snapshots[span.indexes[span.indexes.length - 1]]
  const growing = tags.filter(({ grows }) => grows).slice(0, growthRules.mostFindings)
  const steady = tags.flatMap((row) => {
    const leak = row.grows ? null : leakIn(newest, row)
    return leak === null ? [] : [steadyFinding(leak, row, span)]
  })
  return [...growing.map((row) => growthFinding(row, span, snapshots)), ...steady]
}

/** Why there is no growth to speak of. */
const notMeasured = ({ snapshots, intervals, server }: Compared): Finding => {
  const finding = (summary: string, nextStep: string): Finding => ({
    id: 'growth-not-measured',
    kind: 'dump-quality',
    pool: null,
    tag: null,
    bytes: null,
    outstanding: null,
    status: 'not-determinable',
    candidates: [],
    summary,
    nextStep,
  })
  if (snapshots.length < 2)
    return finding(
      'Fewer than two of the dumps hold pool accounting, so nothing can be compared.',
      growthAdvice.complete,
    )
  if (server.same === false)
    return finding(`The dumps are of different servers. ${server.reasons[0]}`, growthAdvice.oneServer)
  if (snapshots.filter(({ pool }) => !pool.lowerBound).length < 2)
    return finding(
      'Growth cannot be measured: only part of the accounting was in the dumps, and figures that are "at least" make no growth.',
      growthAdvice.complete,
    )
  if (intervals.some(({ rebooted }) => rebooted === true))
    return finding(
      'The server was restarted between the dumps, so the pool began anew and growth from one to the next cannot be measured.',
      growthAdvice.sameBoot,
    )
  return finding(
    `Growth cannot be measured: it is not known how much time lies between the dumps, or whether the server was restarted in it. ${intervals.find(({ rebooted }) => rebooted === null)?.reason ?? ''}`.trimEnd(),
    growthAdvice.sameBoot,
  )
}

const notes = (ordered: readonly Comparable[], { snapshots, intervals, server, span }: Compared): string[] => [
  ...ordered.flatMap((analysis, index) =>
    !hasPool(analysis) ? [`Dump ${index + 1}${dated(analysis)} holds no pool accounting and was left out.`] : [],
  ),
  ...(ordered.some((analysis) => timeOf(analysis) === null)
    ? ['Not every dump tells when it was taken: they are compared in the order given.']
    : []),
  ...intervals.flatMap(({ rebooted, reason }, index) =>
    rebooted === true && server.same !== false
      ? [
          `The server was restarted between dumps ${index + 1} and ${index + 2}. ${reason}`,
          ...sinceBoot(snapshots, index),
        ]
      : [],
  ),
  ...snapshots.flatMap((snapshot, index) =>
    snapshot.pool.lowerBound
      ? [`Of dump ${index + 1}${dated(snapshot)} only part of the accounting is known: its figures are "at least".`]
      : [],
  ),
  ...(span !== null && span.indexes.length < snapshots.length
    ? [
        `Growth was measured over ${listed(
          span.indexes.map((index) => `dump ${index + 1}`),
          8,
        )} alone.`,
      ]
    : []),
  ...(span !== null && span.hours < growthRules.leastHours
    ? [`${hoursText(span.hours)} between dumps are too few to call anything growth.`]
    : []),
]

const dated = ({ dump }: Pick<Comparable, 'dump'>): string => (dump.crashedAt === null ? '' : ` (${dump.crashedAt})`)

/** Across a restart only what each boot came to can be set side by side. */
const sinceBoot = (snapshots: readonly Snapshot[], index: number): string[] => {
  const [before, after] = [snapshots[index], snapshots[index + 1]]
  const rate = ({ dump, pool }: Snapshot, tag: string, name: 'nonPaged' | 'paged'): string | null => {
    if (dump.uptimeSeconds === null || dump.uptimeSeconds < 3600 || pool.lowerBound) return null
    const bytes = pool.tags.find((row) => row.tag === tag)?.[name].bytes ?? 0
    return `${grouped(Math.round((bytes / dump.uptimeSeconds) * 3600))} bytes an hour in ${hoursText(dump.uptimeSeconds / 3600)}`
  }
  return after.findings.flatMap((finding) => {
    if (finding.tag === null || !finding.kind.endsWith('-leak')) return []
    const name = finding.pool === 'paged' ? 'paged' : 'nonPaged'
    const [one, other] = [rate(before, finding.tag, name), rate(after, finding.tag, name)]
    return one === null || other === null
      ? []
      : [`Since its start ${finding.tag} came to ${one} in the earlier dump, and to ${other} in the later.`]
  })
}
