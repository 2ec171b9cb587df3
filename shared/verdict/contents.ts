import type { TagContents } from '../pool/contents.ts'
import { evidenceTable } from './evidence.ts'

/** A module, in memory or `unloaded`, that a tag's blocks point into: `recurring` in a good part of them and hardly elsewhere, else `some`. */
export type PointedAt = {
  readonly name: string
  readonly base: string
  readonly strength: 'recurring' | 'some'
  readonly blocks: number
  readonly sampled: number
  readonly otherBlocks: number
  readonly otherSampled: number
  readonly example: string
  readonly unloaded: boolean
}

/**
 * The modules that stand out in a tag's blocks. Pointers that are as common in other tags' blocks say nothing; without
 * other blocks to compare with nothing is called recurring.
 */
export const pointedAt = (contents: TagContents | undefined, exclude: ReadonlySet<string>): PointedAt[] => {
  if (contents === undefined || contents.sampledBlocks === 0) return []
  const { recurring, some } = evidenceTable
  const sampled = contents.sampledBlocks
  const otherSampled = contents.otherSampledBlocks
  return contents.modules
    .filter((module) => !exclude.has(module.base))
    .flatMap((module): PointedAt[] => {
      const share = module.blocks / sampled
      const otherShare = otherSampled === 0 ? 0 : module.otherBlocks / otherSampled
      const stands = (rule: { share: number; timesOthers: number }): boolean =>
        share >= rule.share && share >= rule.timesOthers * otherShare
      const strength =
        stands(recurring) && sampled >= recurring.sample && otherSampled >= recurring.sample
          ? 'recurring'
          : stands(some) && module.blocks >= some.blocks
            ? 'some'
            : null
      if (strength === null) return []
      const { base, blocks, otherBlocks, example, unloaded = false } = module
      return [{ name: module.module, base, strength, blocks, sampled, otherBlocks, otherSampled, example, unloaded }]
    })
    .sort((a, b) => b.blocks - a.blocks)
}
