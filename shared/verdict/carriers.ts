import type { TagUse } from '../analysis/tag-use.ts'
import { evidenceTable } from './evidence.ts'
import type { ImportSearch, Knowledge } from './knowledge.ts'
import { coreBases } from './known-modules.ts'

/** A module, outside the core, whose code uses a tag; `at-call` where it passes the tag to a routine that allocates. */
export type Carrier = {
  readonly name: string
  readonly base: string
  readonly use: TagUse
  readonly strength: 'at-call' | 'loaded' | 'freeing'
}

export type Carriers = {
  readonly drivers: readonly Carrier[]
  /** How the kernel or hal uses the tag in its own code; null when neither does. */
  readonly core: TagUse | null
  /**
   * Whether (nearly) all code of all modules was searched, and of each most of it, so that the only one found is the only
   * one: a small driver that is not in the dump is a small share of all code, and may be the one.
   */
  readonly complete: boolean
  readonly modules: number
  readonly wantedBytes: number
  readonly readBytes: number
}

/**
 * Who uses the tag in code. Its characters in data, and bytes of code that are no operand, are text or chance (reference
 * 7.10), and who compares it looks at blocks of others: none of that makes a carrier. Null when the tag was not searched for.
 */
export const carriersOf = (tag: string, knowledge: Knowledge, imports: ImportSearch): Carriers | null => {
  if (!imports.searchedTags.includes(tag)) return null
  const core = coreBases(knowledge.modules)
  const isCore = (base: string): boolean => core.kernel.has(base) || core.hal.has(base)
  const used = imports.tagUses.flatMap((use): Carrier[] => {
    const strength = strengthOf(use)
    return use.tag !== tag || strength === null ? [] : [{ name: use.module, base: use.base, use, strength }]
  })
  const readings = knowledge.modules.map(({ base, size }) => ({
    ...(imports.code[base] ?? { wantedBytes: size, readBytes: 0 }),
    least: isCore(base) ? evidenceTable.nearlyAll : evidenceTable.mostOfCode,
  }))
  const wantedBytes = readings.reduce((sum, reading) => sum + reading.wantedBytes, 0)
  const readBytes = readings.reduce((sum, reading) => sum + reading.readBytes, 0)
  return {
    drivers: used.filter(({ base }) => !isCore(base)),
    core: used.find(({ base, strength }) => isCore(base) && strength !== 'freeing')?.use ?? null,
    complete:
      imports.searchNote === null &&
      readBytes >= wantedBytes * evidenceTable.nearlyAll &&
      readings.every((reading) => reading.readBytes >= reading.wantedBytes * reading.least),
    modules: knowledge.modules.length,
    wantedBytes,
    readBytes,
  }
}

const strengthOf = (use: TagUse): Carrier['strength'] | null => {
  if (use.allocating > 0) return 'at-call'
  if (use.loaded > 0) return 'loaded'
  return use.releasing > 0 ? 'freeing' : null
}
