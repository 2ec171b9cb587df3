import type { Finding } from '../analysis/finding.ts'
import { advice } from './advice.ts'
import type { Knowledge } from './knowledge.ts'
import { type Pressure, totalsOf } from './pressure.ts'
import { counted, listed, percent, poolName, size } from './wording.ts'

/** How many of a pool's biggest tags a summary names. */
const tagsNamed = 3

/**
 * Pools under pressure that no tag explains, and allocations that failed although no pool is under pressure now. The
 * count of failures is known with symbols alone; it never decides whether a pool is under pressure.
 */
export const exhaustionFinding = (
  pressures: readonly Pressure[],
  leaks: readonly Finding[],
  knowledge: Knowledge,
): Finding[] => {
  const failed = knowledge.memory?.failedAllocations ?? 0
  const explained = new Set(leaks.map((leak) => leak.pool))
  const pressed = pressures.filter((pressure) => pressure.state === 'excessive')
  const unexplained = pressed.filter((pressure) => !explained.has(pressure.pool))
  const findings = unexplained.map((pressure): Finding => {
    const { pool, phrase, reason, usedBytes } = pressure
    const failures = failed === 0 ? '' : ` ${counted(failed, 'pool allocation')} failed.`
    return exhaustion(
      pool,
      `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}. ${reason}${failures} ${biggest(pressure, knowledge)}`,
      usedBytes,
    )
  })
  if (failed > 0 && pressed.length === 0)
    findings.push(
      exhaustion(
        null,
        `${counted(failed, 'pool allocation')} failed since the machine started, though neither pool is under pressure in this dump.`,
        null,
      ),
    )
  return findings
}

const exhaustion = (pool: Finding['pool'], summary: string, bytes: number | null): Finding => ({
  id: pool === null ? 'pool-exhaustion' : `pool-exhaustion-${pool}`,
  kind: 'pool-exhaustion',
  pool,
  tag: null,
  bytes,
  outstanding: null,
  status: 'inconclusive',
  candidates: [],
  summary,
  nextStep: advice.exhaustion,
})

const biggest = ({ pool, usedBytes }: Pressure, { pool: usage }: Knowledge): string => {
  if (usage === null) return "Which tags use it could not be read: the kernel's accounting is not in the dump."
  const top = usage.tags
    .map((tag) => ({ tag: tag.tag, bytes: totalsOf(tag, pool).bytes }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, tagsNamed)
  if (top.length === 0) return `The accounting books no bytes in ${poolName(pool)}.`
  const shares = top.map(({ tag, bytes }) => `${tag} ${size(bytes)} (${percent(bytes, usedBytes ?? 0)})`)
  return `No tag dominates it; the biggest: ${listed(shares)}.${usage.lowerBound ? ' The accounting is incomplete.' : ''}`
}
