import type { Comparison, TagGrowth } from '../analysis/comparison.ts'
import type { Finding } from '../analysis/finding.ts'
import { named } from '../verdict/leak-finding.ts'
import { listed, poolName } from '../verdict/wording.ts'
import type { Snapshot } from './compared.ts'
import { growthText } from './growth-finding.ts'
import { growthRules } from './growth-rules.ts'
import { hoursText } from './intervals.ts'
import type { SameServer } from './same-server.ts'
import type { Span } from './tag-growth.ts'

/** All that is known before findings are made of it. */
export type Compared = {
  readonly snapshots: readonly Snapshot[]
  readonly intervals: Comparison['intervals']
  readonly server: SameServer
  readonly span: Span | null
  readonly tags: readonly TagGrowth[]
}

/** What the comparison comes to, in one sentence. */
export const comparisonHeadline = ({ server, span, tags }: Compared, findings: readonly Finding[]): string => {
  if (span === null) {
    const [{ summary }] = findings
    return server.same === false
      ? 'The dumps are of different servers, so nothing between them is growth.'
      : sentence(summary)
  }
  if (span.hours < growthRules.leastHours)
    return `${hoursText(span.hours)} between the dumps are too few to call anything growth.`
  const growing = tags.filter(({ grows }) => grows)
  const [first] = growing
  if (first === undefined) return `No pool tag grew by the rules of a leak in ${hoursText(span.hours)}.`
  const others = growing.slice(1).map(({ tag }) => tag)
  const rest =
    others.length === 0
      ? ', and is the only tag that grows'
      : `; ${listed([...new Set(others)])} ${others.length === 1 ? 'grows' : 'grow'} as well`
  return `${first.tag} in ${poolName(first.pool)} ${growthText(first, span)}${rest}${who(findings[0])}.`
}

const who = (finding: Finding): string => {
  const names = named(finding).map(({ name }) => name)
  if (finding.status === 'culprit') return `; ${names[0]} is the culprit by the newest dump`
  return finding.status === 'suspects' ? `; ${listed(names)} ${names.length === 1 ? 'is' : 'are'} suspected` : ''
}

/** The first sentence of a summary. */
const sentence = (text: string): string => text.match(/^.*?[.](?=\s|$)/s)?.[0] ?? text
