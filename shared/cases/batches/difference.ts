import { z } from 'zod'
import type { Analysis } from '../../analysis/analysis.ts'
import { Verdict } from '../../analysis/finding.ts'

/** A value as it was and as it is now; null where there was or is none. */
const both = <T extends z.ZodType>(value: T) => z.object({ from: value.nullable(), to: value.nullable() })

/** What one analysis of a dump says differently from another one of the same dump. */
export const Difference = z.object({
  /** Whether anything below differs. */
  changed: z.boolean(),
  verdict: both(Verdict),
  /** The name of the culprit or, without one, of the best suspect: a module or a process. */
  named: both(z.string()),
  /** Whether one is named culprit who was not before, or no longer is. */
  culpritChanged: z.boolean(),
  /** Of whoever is named, 0 to 1. */
  confidence: both(z.number()),
  headline: both(z.string()),
  /** Counters that differ, up to `mostFigures` of them. */
  figures: z.array(both(z.number()).extend({ figure: z.string() })),
})
export type Difference = z.infer<typeof Difference>

/** A difference is for a person to read, and lies in a batch's item. */
const mostFigures = 12

/** Pure. `before` is null where the dump has no finished analysis to compare with. */
export const differenceOf = (before: Analysis | null, after: Analysis): Difference => {
  const [from, to] = [before && leadOf(before), leadOf(after)]
  const [oldFigures, newFigures] = [before === null ? new Map() : figuresOf(before), figuresOf(after)]
  const figures = [...new Set([...oldFigures.keys(), ...newFigures.keys()])]
    .map((figure) => ({ figure, from: oldFigures.get(figure) ?? null, to: newFigures.get(figure) ?? null }))
    .filter((row) => before !== null && row.from !== row.to)
    .slice(0, mostFigures)
  const difference = {
    verdict: { from: before?.verdict ?? null, to: after.verdict },
    named: { from: from?.name ?? null, to: to?.name ?? null },
    culpritChanged: culprit(from) !== culprit(to),
    confidence: { from: from?.confidence ?? null, to: to?.confidence ?? null },
    headline: { from: before?.headline ?? null, to: after.headline },
    figures,
  }
  const { verdict, named, confidence, headline } = difference
  const changed = figures.length > 0 || [verdict, named, confidence, headline].some((each) => each.from !== each.to)
  return { changed, ...difference }
}

type Lead = { readonly name: string; readonly confidence: number; readonly isCulprit: boolean }

const culprit = (lead: Lead | null): string | null => (lead?.isCulprit ? lead.name.toLowerCase() : null)

/** Whom the analysis names first. A confidence is told to the percent, as the portal shows it. */
const leadOf = ({ findings }: Analysis): Lead | null => {
  for (const status of ['culprit', 'suspects'] as const)
    for (const finding of findings)
      if (finding.status === status && finding.candidates.length > 0) {
        const [{ name, confidence }] = finding.candidates
        return { name, confidence: Math.round(confidence * 100) / 100, isCulprit: status === 'culprit' }
      }
  return null
}

/** The figures a report rests on, by the words a person knows them by. */
const figuresOf = ({ memory, pool, findings, importers, modules, allocators }: Analysis): Map<string, number> => {
  const figures: [string, number | null | undefined][] = [
    ['NonPagedPool, pages used', memory?.nonPagedPool.usedPages],
    ['NonPagedPool, pages at most', memory?.nonPagedPool.maximumPages],
    ['PagedPool, pages used', memory?.pagedPool.usedPages],
    ['PagedPool, pages at most', memory?.pagedPool.maximumPages],
    ['Committed pages', memory?.committedPages],
    ['Failed allocations', memory?.failedAllocations],
    ...findings.flatMap(({ id, kind, tag, bytes, outstanding }): [string, number | null][] => {
      const what = tag === null ? `${kind} (${id})` : `${kind} of ${tag}`
      return [
        [`${what}, bytes`, bytes],
        [`${what}, allocations`, outstanding],
      ]
    }),
    ['Tags accounted', pool?.tags.length],
    ['Allocation routines', allocators.length],
    ['Places that hold one', importers.length],
    ['Modules', modules.length],
  ]
  return new Map(figures.filter((figure): figure is [string, number] => typeof figure[1] === 'number'))
}
