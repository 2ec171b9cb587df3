import type { Finding, Verdict } from '../analysis/finding.ts'
import { accountingFinding, dumpFindings, holdsMemory } from './dump-finding.ts'
import { exhaustionFinding } from './exhaustion-finding.ts'
import { headline } from './headline.ts'
import { hiddenFindings } from './hidden-finding.ts'
import type { Knowledge } from './knowledge.ts'
import { leakFindings } from './leak-findings.ts'
import { leaksIn } from './leaks.ts'
import { type Pressure, pressureOf } from './pressure.ts'

export type Judgement = { readonly findings: Finding[]; readonly headline: string; readonly verdict: Verdict }

/**
 * From what is known to findings, a headline and a verdict. Pure. A pool is judged by its pressure first; only a pool
 * under pressure has leaks, and only complete accounting is healthy: missing data never is.
 */
export const judge = (knowledge: Knowledge): Judgement => {
  const ofDump = dumpFindings(knowledge.dump)
  if (!holdsMemory(knowledge.dump)) return conclude(ofDump, [], knowledge)

  const pressures = (['nonpaged', 'paged'] as const).map((pool) =>
    pressureOf(pool, knowledge.dump, knowledge.memory, knowledge.pool),
  )
  const leaks = pressures.flatMap((pressure) => leakFindings(leaksIn(pressure, knowledge.pool), knowledge))
  const exhaustion = exhaustionFinding(pressures, leaks, knowledge)
  const hidden = hiddenFindings(knowledge, leaks)
  const findings = [...leaks, ...exhaustion, ...ofDump, ...hidden].sort((a, b) => rank(a.status) - rank(b.status))
  return conclude(findings, pressures, knowledge)
}

const conclude = (known: Finding[], pressures: readonly Pressure[], knowledge: Knowledge): Judgement => {
  const decided = known.some((finding) => finding.status !== 'information')
  const doubt = decided ? [] : doubts(pressures, knowledge)
  // A doubt about a truncated dump begins with the truncation: no need to say it twice.
  const findings = doubt.length === 0 ? known : [...doubt, ...known.filter(({ id }) => id !== 'dump-truncated')]
  const verdict = verdictOf(findings)
  return { findings, verdict, headline: headline(verdict, findings, pressures) }
}

/** Nothing was found: is that because nothing is wrong, or because not everything could be read? */
const doubts = (pressures: readonly Pressure[], { pool, dump }: Knowledge): Finding[] => {
  const unknown = pressures.filter((pressure) => pressure.state === 'unknown').map((pressure) => pressure.reason)
  const accounting =
    pool === null
      ? ["The kernel's accounting of pool by tag could not be read."]
      : pool.lowerBound
        ? ["Only part of the kernel's accounting of pool by tag could be read, so a leak may be hidden in the rest."]
        : []
  const reasons = [...unknown, ...accounting]
  if (reasons.length === 0) return []
  const nothing = pool === null && unknown.length === pressures.length
  return [accountingFinding(nothing ? 'not-determinable' : 'inconclusive', dump, reasons)]
}

const order: readonly Finding['status'][] = ['culprit', 'suspects', 'inconclusive', 'not-determinable', 'information']
const rank = (status: Finding['status']): number => order.indexOf(status)

/** The weightiest status among the findings; `healthy` when there is nothing but information. */
const verdictOf = (findings: readonly Finding[]): Verdict => {
  const best = findings.toSorted((a, b) => rank(a.status) - rank(b.status))[0]?.status ?? 'information'
  return best === 'information' ? 'healthy' : best
}
