import { growthRules } from './growth-rules.ts'
import type { Growth, Span } from './tag-growth.ts'

/**
 * The other tags whose blocks grow in step with a tag's, those nearest first: of one cause, perhaps. Over several
 * intervals both gained in each, and their gains are split alike over them. Over one interval only equal numbers of new
 * blocks can be seen, which is weak: `isWeak` says so.
 */
export const inStepWith = (row: Growth, rows: readonly Growth[], span: Span): string[] => {
  const own = gains(row, span)
  if (own === null) return []
  const distances = rows.flatMap((other) => {
    if (other.tag === row.tag) return []
    const others = gains(other, span)
    const distance = others === null ? null : distanceOf(own, others)
    return distance === null ? [] : [{ tag: other.tag, distance }]
  })
  distances.sort((a, b) => a.distance - b.distance || (a.tag < b.tag ? -1 : 1))
  return [...new Set(distances.map(({ tag }) => tag))].slice(0, growthRules.mostInStep)
}

/** Whether being in step rests on a single interval. */
export const isWeak = (span: Span): boolean => span.indexes.length === 2

/** New blocks in each interval; null unless there are some in every one, and enough in all. */
const gains = ({ outstanding }: Growth, { indexes }: Span): number[] | null => {
  const steps = indexes.slice(1).map((index, step) => outstanding[index] - outstanding[indexes[step]])
  return steps.every((step) => step > 0) && sum(steps) >= growthRules.lockstepBlocks ? steps : null
}

/** How far apart two tags' gains are, 0 and more; null when they are not in step. */
const distanceOf = (one: readonly number[], other: readonly number[]): number | null => {
  const [all, allOther] = [sum(one), sum(other)]
  if (one.length === 1) {
    const difference = Math.abs(all - allOther) / Math.max(all, allOther)
    return difference <= growthRules.lockstepCount ? difference : null
  }
  const difference = Math.max(...one.map((step, index) => Math.abs(step / all - other[index] / allOther)))
  return difference <= growthRules.lockstepShare ? difference : null
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
