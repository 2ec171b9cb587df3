import { holdsMemory } from '../verdict/dump-finding.ts'
import type { HeaderResult } from './results.ts'

/** The stages of an analysis by name, in order. */
export const stageNames = ['header', 'pool', 'imports', 'verdict'] as const
export type StageName = (typeof stageNames)[number]

/**
 * What comes after a finished stage; null after the verdict. A dump that holds no memory (refused, header only) goes
 * straight to its verdict: there is nothing to search. A small one holds a few blocks, whose headers the pool stage counts.
 */
export const nextStage = (finished: StageName, header: Pick<HeaderResult, 'dump'>): StageName | null => {
  if (finished === 'verdict') return null
  if (finished === 'header' && header.dump.refusal === undefined && header.dump.format === 'triage') return 'pool'
  if (finished === 'imports' || !holdsMemory(header.dump)) return 'verdict'
  return finished === 'header' ? 'pool' : 'imports'
}
