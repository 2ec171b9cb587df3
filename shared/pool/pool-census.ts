import { z } from 'zod'
import { Count } from '../analysis/scalars.ts'
import { BlockSample, foldSamples } from './contents.ts'
import { TagSums, tagCounts } from './tag-counts.ts'

/** What reading some pages by one format has counted. */
export const FormatCensus = z.object({
  format: z.string(),
  /** Pages that are pool by this format. */
  poolPages: Count,
  tags: TagSums,
  /** Null when no blocks were to be looked into. */
  sample: BlockSample.nullable(),
})
export type FormatCensus = z.infer<typeof FormatCensus>

/**
 * What some pages hold, by each format their headers may have; JSON. Censuses of different pages add up to the census of
 * them all (`foldCensuses`), whatever their number and order.
 */
export const PoolCensus = z.object({
  pagesScanned: Count,
  /** Headers that have a type on pages that are pool by any format, and those of them with bit 4 set: where formats compete. */
  typed: Count,
  marked: Count,
  formats: z.array(FormatCensus),
})
export type PoolCensus = z.infer<typeof PoolCensus>

/** The census of all pages from those of their parts, each of other pages, made by the same formats and sampling. */
export const foldCensuses = (parts: readonly PoolCensus[]): PoolCensus => {
  const sum = (value: (part: PoolCensus) => number): number => parts.reduce((all, part) => all + value(part), 0)
  return {
    pagesScanned: sum(({ pagesScanned }) => pagesScanned),
    typed: sum(({ typed }) => typed),
    marked: sum(({ marked }) => marked),
    formats: (parts[0]?.formats ?? []).map(({ format }, index) => {
      const counts = tagCounts()
      for (const part of parts) counts.add(part.formats[index].tags)
      const samples = parts.map((part) => part.formats[index].sample).filter((sample) => sample !== null)
      return {
        format,
        poolPages: sum((part) => part.formats[index].poolPages),
        tags: counts.census(),
        sample: samples.length === 0 ? null : foldSamples(samples),
      }
    }),
  }
}
