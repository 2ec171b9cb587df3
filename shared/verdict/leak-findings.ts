import type { Evidence, Finding } from '../analysis/finding.ts'
import { evidence } from './evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { leakFinding } from './leak-finding.ts'
import { cacheTags } from './leak-rules.ts'
import type { Leak } from './leaks.ts'
import { counted } from './wording.ts'

/**
 * The findings of one pool's leaks, biggest first. Where several tags stand for the pressure, not each of them need be the
 * cause: one of few blocks beside one of many, or one that is smaller than another which nobody explains, accuses nobody.
 */
export const leakFindings = (leaks: readonly Leak[], knowledge: Knowledge): Finding[] => {
  const findings: Finding[] = []
  let unexplained: Leak | null = null
  for (const leak of leaks) {
    const finding = leakFinding(leak, knowledge, doubtsOf(leak, leaks, unexplained))
    findings.push(finding)
    const isLoad: boolean = leak.few || cacheTags.has(leak.tag.tag)
    if (finding.status !== 'culprit' && !isLoad) unexplained ??= leak
  }
  return findings
}

const doubtsOf = ({ tag, totals, few }: Leak, leaks: readonly Leak[], unexplained: Leak | null): Evidence[] => {
  const other = leaks.find((one) => !one.few)
  if (few && other !== undefined)
    return [
      evidence(
        'few-blocks',
        `${tag.tag} has ${counted(totals.outstanding, 'block')}, ${other.tag.tag} many: what few hold is rather a reservation than a leak.`,
      ),
    ]
  return unexplained === null
    ? []
    : [
        evidence(
          'bigger-unexplained',
          `${unexplained.tag.tag} takes more of the pool, and who allocates it is not known: ${tag.tag} may be a load beside it.`,
        ),
      ]
}
