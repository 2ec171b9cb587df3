import type { Finding, Verdict } from '../analysis/finding.ts'
import { untaggedTag } from '../imports/allocators.ts'
import { named } from './leak-finding.ts'
import type { Pressure } from './pressure.ts'
import { listed, percent, poolName } from './wording.ts'

/** The routine people know; that ExAllocatePoolWithQuota counts as well is for the evidence to say. */
const untaggedRoutine = 'ExAllocatePool'

/** The verdict in one sentence. */
export const headline = (verdict: Verdict, findings: readonly Finding[], pressures: readonly Pressure[]): string => {
  const [first] = findings
  const sentence = ((): string => {
    if (verdict === 'healthy') return `Healthy: ${pressures.map((pressure) => pressure.phrase).join(', ')}`
    if (first.kind === 'pool-leak' || first.kind === 'object-leak') return leak(first, pressures)
    if (first.kind === 'pool-exhaustion') return exhaustion(first, pressures)
    return first.summary
  })()
  return firstSentence(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
}

/** Up to the first full stop that ends a sentence: one in a file name or a number is followed by neither blank nor end. */
const firstSentence = (text: string): string => text.match(/^.*?\.(?=\.?(\s|$))/s)?.[0] ?? text

const phraseOf = (pool: Finding['pool'], pressures: readonly Pressure[]): string =>
  pressures.find((pressure) => pressure.pool === pool)?.phrase ?? ''

const leak = (finding: Finding, pressures: readonly Pressure[]): string => {
  const pressure = pressures.find(({ pool }) => pool === finding.pool)
  const share = percent(finding.bytes ?? 0, pressure?.usedBytes ?? 0)
  const tag =
    finding.tag === untaggedTag ? `${share} of it is untagged` : `${share} of it carries the tag ${finding.tag}`
  return `${phraseOf(finding.pool, pressures)}; ${tag}; ${who(finding)}`
}

const who = (finding: Finding): string => {
  const names = named(finding).map((candidate) => candidate.name)
  if (finding.status === 'inconclusive') return 'who allocates it cannot be told from this dump'
  if (names.length > 1) {
    const alike = named(finding).every(({ confidence }) => confidence === finding.candidates[0].confidence)
    return `${listed(names)} are suspected${alike ? ' alike' : ''}`
  }
  const kinds = new Set(finding.candidates[0].for.map(({ kind }) => kind))
  const does = kinds.has('stored-pointer') || kinds.has('code') ? 'holds the address of' : 'imports'
  if (kinds.has('sole-holder')) return `${names[0]} is the only driver that ${does} ${untaggedRoutine}`
  if (kinds.has('sole-holder-of-those-read'))
    return `${names[0]} is the only driver found that ${does} ${untaggedRoutine}, ${though(kinds)}`
  if (kinds.has('handles-here') || kinds.has('handles-counted'))
    return `the process ${names[0]} holds the handles to them`
  if (kinds.has('sole-carrier')) return `${names[0]} is the only driver whose code uses it`
  if (kinds.has('sole-carrier-of-those-read'))
    return `${names[0]} is the only driver found whose code uses it, ${though(kinds)}`
  if (kinds.has('contents-recurring')) return `its blocks point to ${names[0]}`
  return `${names[0]} is suspected`
}

/** What an incomplete search is worth: with blocks that point the same way, enough. */
const though = (kinds: ReadonlySet<string>): string =>
  kinds.has('contents-recurring') ? 'and its blocks point to it' : 'but not everything could be searched'

const exhaustion = (finding: Finding, pressures: readonly Pressure[]): string =>
  finding.pool === null
    ? finding.summary
    : `${phraseOf(finding.pool, pressures)}, and no tag in ${poolName(finding.pool)} dominates`
