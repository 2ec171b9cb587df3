import type { Comparison } from '../../../shared/analysis/comparison.ts'
import type { Tone } from '../verdict/verdict-words.ts'

/** What a comparison comes to, in a few words. */
export const comparisonWords = ({
  tags,
  span,
  sameServer,
}: Comparison): { readonly tone: Tone; readonly label: string } => {
  if (sameServer === false) return { tone: 'caution', label: 'Different servers' }
  if (span.length === 0) return { tone: 'neutral', label: 'Growth not measured' }
  const growing = tags.filter(({ grows }) => grows).length
  if (growing === 0) return { tone: 'good', label: 'Nothing grows' }
  return { tone: 'bad', label: growing === 1 ? 'One tag grows' : `${growing} tags grow` }
}

/** The change of a tag from the first dump to the last. */
export const changeOf = (figures: readonly number[]): number => (figures.at(-1) ?? 0) - (figures[0] ?? 0)
