import { TaggedError } from '../bytes/tagged-error.ts'
import { usageOfTracker } from '../pool/accounting.ts'
import { renderPoolused } from '../report/poolused.ts'
import { wrongCommand } from './command-error.ts'
import { parseNumber } from './expression.ts'
import { kernelOf } from './system-commands.ts'
import type { Target } from './target.ts'

const maxTags = 2000

/** `!poolused [/tN] [FLAGS] [TAG]`: what the pool's own accounting says. */
export const showPoolUsed = async (target: Target, rest: string): Promise<string> => {
  kernelOf(target, '!poolused')
  const { top, flags, tag } = parsePoolUsed(rest)
  const { totals, lowerBound, session, evidence } = await target.accounting()
  if (totals === null)
    throw new TaggedError(
      'no-tracker',
      `The pool tracker could not be read. ${evidence.join(' ')}`,
      'dumpline analyze counts the blocks in the dump instead.',
    )
  const usage = {
    source: 'tracker' as const,
    lowerBound,
    processors: target.facts.processors,
    tags: usageOfTracker(totals, target.tags),
    bigAllocations: [],
    ...(session === null
      ? {}
      : { session: { process: session.process, tags: usageOfTracker(session.totals, target.tags) } }),
  }
  return renderPoolused(usage, { flags, tag, ...(top === null ? { most: maxTags } : { top }) })
}

/** Everything may be left out; what is no number of two digits is taken for the tag. */
const parsePoolUsed = (rest: string): { top: number | null; flags: number; tag: string | undefined } => {
  const words = rest.split(/\s+/).filter((word) => word !== '')
  let top: number | null = null
  let flags: number | null = null
  let tag: string | undefined
  for (const word of words) {
    const limit = /^\/t(\d{1,6})$/.exec(word)
    if (limit !== null) top = Number(limit[1])
    else if (flags === null && tag === undefined && /^(0x)?[0-9a-f]{1,2}$/i.test(word))
      flags = Number(parseNumber(word))
    else if (tag === undefined) tag = word.replace(/^"(.*)"$/, '$1')
    else throw wrongCommand('!poolused takes [/tN] [FLAGS] [TAG], for example !poolused /t5 2.')
  }
  return { top, flags: flags ?? 0, tag }
}
