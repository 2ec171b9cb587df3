import { untaggedTag } from '../imports/allocators.ts'
import { isDistinctiveKey, keyOfTag } from '../kernel/pools/pool-tag.ts'
import { completeMemory } from '../verdict/complete-memory.ts'
import { leaksIn } from '../verdict/leaks.ts'
import { pressureOf } from '../verdict/pressure.ts'
import type { HeaderResult, PoolResult } from './results.ts'

/**
 * The tags to look for in the modules' code: those the verdict will hold for leaking, by its own rules. `None` is not
 * among them: its blocks come from routines that take no tag, so that no code carries it for them. Nor is a tag that is
 * a small number, which code is full of.
 */
export const wantedTags = (
  header: Pick<HeaderResult, 'dump' | 'memory'>,
  pool: Pick<PoolResult, 'pool'> | null,
): string[] => {
  const usage = pool?.pool ?? null
  const memory = completeMemory(header.memory, usage)
  const leaks = (['nonpaged', 'paged'] as const).flatMap((name) =>
    leaksIn(pressureOf(name, header.dump, memory, usage), usage),
  )
  return [...new Set(leaks.map(({ tag }) => tag.tag))].filter(
    (tag) => tag !== untaggedTag && isDistinctiveKey(keyOfShownTag(tag)),
  )
}

/** The key of a tag as results show it, with `\xHH` for bytes that are not printable. */
export const keyOfShownTag = (tag: string): number =>
  keyOfTag(tag.replace(/\\x([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))))
