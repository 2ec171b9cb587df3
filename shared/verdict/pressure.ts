import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { MemoryUsage } from '../analysis/memory-usage.ts'
import type { PoolUsage, TagUsage, Totals } from '../analysis/pool-usage.ts'
import { cacheTags, leakRules } from './leak-rules.ts'
import { type PoolName, percent, poolName, size } from './wording.ts'

const pageBytes = 4096
/** Before it the header stage applies the debugger's 80 % rule, and an undecided one means counters that disagree. */
const windows8 = 9200

/** How hard a pool is used, and by which rule. `usedBytes` is at least so much when `atLeast`. */
export type Pressure = {
  readonly pool: PoolName
  readonly state: 'excessive' | 'normal' | 'unknown'
  readonly usedBytes: number | null
  readonly atLeast: boolean
  readonly maximumBytes: number | null
  /** `NonPagedPool is 98 % used`: half a sentence for the headline. */
  readonly phrase: string
  /** The rule that decided, or what is missing for a decision. A full sentence. */
  readonly reason: string
}

export const totalsOf = (tag: TagUsage, pool: PoolName): Totals => (pool === 'nonpaged' ? tag.nonPaged : tag.paged)

const trackerBytes = (usage: PoolUsage | null, pool: PoolName): number | null =>
  usage === null ? null : usage.tags.reduce((sum, tag) => sum + totalsOf(tag, pool).bytes, 0)

/** Of the tags that can run away: no cache, and more than a few blocks. */
const biggestTagBytes = (usage: PoolUsage | null, pool: PoolName): number =>
  (usage?.tags ?? [])
    .filter(({ tag }) => !cacheTags.has(tag))
    .map((tag) => totalsOf(tag, pool))
    .filter(({ outstanding }) => outstanding >= leakRules.runawayTag.outstanding)
    .reduce((most, { bytes }) => Math.max(most, bytes), 0)

/** A counter of one memory node alone, a stale or a wiped one: a pool holds all that its tags do. */
const isBelowTags = (countedPages: number, tagBytes: number | null, usage: PoolUsage | null): boolean =>
  usage?.lowerBound === false && tagBytes !== null && tagBytes > countedPages * pageBytes * leakRules.counterBelowTags

/** The bounds of an old 32-bit system's pools where their maximum could not be read. */
const unreadMaximum = ({ architecture, build }: DumpFacts, maximumBytes: number | null) =>
  maximumBytes === null &&
  (architecture === 'x86' || architecture === 'x86-pae') &&
  build !== null &&
  build < leakRules.oldMaximum.beforeBuild
    ? leakRules.oldMaximum
    : null

/** Formats that hold all of the machine's memory; the pages of the others say nothing of its size. */
const completeFormats = new Set<DumpFacts['format']>(['full', 'bitmap'])

/** Machine memory in pages: the kernel's own count; the pages the dump's header lists only where those are all. */
export const physicalPages = (dump: DumpFacts, memory: MemoryUsage | null): number | null => {
  const listed = dump.physicalPages?.expected ?? null
  const counted = memory?.physicalPages ?? null
  if (completeFormats.has(dump.format)) return counted ?? listed
  return counted === listed ? null : counted
}

/**
 * Judges one pool: by its maximum where that bounds anything, else by the machine's memory (`leakRules`). Figures that
 * cannot be (more pages used than the machine has) count as unknown; a lower bound can show excess, never its absence.
 */
export const pressureOf = (
  pool: PoolName,
  dump: DumpFacts,
  memory: MemoryUsage | null,
  usage: PoolUsage | null,
): Pressure => {
  const counters = pool === 'nonpaged' ? memory?.nonPagedPool : memory?.pagedPool
  const physical = physicalPages(dump, memory)
  const counted = counters?.usedPages ?? null
  const summed = trackerBytes(usage, pool)
  const implausible = pool === 'nonpaged' && counted !== null && physical !== null && counted > physical
  const beyondTags =
    counted !== null &&
    summed !== null &&
    usage?.lowerBound === false &&
    counted * pageBytes > leakRules.counterBeyondTags.times * summed + leakRules.counterBeyondTags.bytes
  const exact = counted === null || implausible || isBelowTags(counted, summed, usage) ? null : counted * pageBytes
  const usedBytes = exact ?? summed
  const atLeast = exact === null && (usage?.lowerBound ?? true)
  const maximumPages = counters?.maximumPages ?? null
  const maximumBytes = maximumPages === null || maximumPages === 0 ? null : maximumPages * pageBytes
  const physicalBytes = physical === null ? null : physical * pageBytes

  const name = poolName(pool)
  const phrase =
    usedBytes === null
      ? `how much of ${name} is used is not in the dump`
      : maximumBytes === null
        ? `${name} holds ${atLeast ? 'at least ' : ''}${size(usedBytes)}`
        : `${name} is ${atLeast ? 'at least ' : ''}${percent(usedBytes, maximumBytes)} used`
  const pressure = { pool, usedBytes, atLeast, maximumBytes, phrase }
  const excessive = (reason: string): Pressure => ({ ...pressure, state: 'excessive', reason })
  const unknown = (reason: string): Pressure => ({ ...pressure, state: 'unknown', reason })

  if (usedBytes === null) return unknown(`Neither a counter nor the tag accounting of ${name} could be read.`)

  const debuggerSays = pool === 'nonpaged' && !implausible && memory?.nonPagedPool.excessive === true
  if (debuggerSays || (maximumBytes !== null && usedBytes > maximumBytes * leakRules.excessiveShareOfMaximum))
    return excessive(`${name} is used beyond ${percent(leakRules.excessiveShareOfMaximum, 1)} of its maximum.`)

  const bounded =
    maximumBytes !== null &&
    maximumBytes <=
      (physicalBytes === null ? leakRules.boundingMaximumBytes : physicalBytes * leakRules.boundingMaximumShareOfMemory)
  const shareOfMemory =
    pool === 'nonpaged' ? leakRules.excessiveNonPagedShareOfMemory : leakRules.excessivePagedShareOfMemory
  if (!bounded) {
    if (physicalBytes !== null && usedBytes > physicalBytes * shareOfMemory)
      return excessive(`${name} takes ${percent(usedBytes, physicalBytes)} of the machine's memory.`)
    const top = biggestTagBytes(usage, pool)
    if (top > leakRules.runawayTag.bytes && top > usedBytes * leakRules.runawayTag.shareOfPool)
      return excessive(`One tag alone holds ${size(top)}, ${percent(top, usedBytes)} of ${name}.`)
  }

  if (beyondTags)
    return unknown(`The counter of ${name} and the sum over all tags contradict each other: one of them is damaged.`)

  const old = unreadMaximum(dump, maximumBytes)
  if (old !== null && usedBytes > old.leastBytes * leakRules.excessiveShareOfMaximum) {
    if (usedBytes > old.mostBytes[pool] * leakRules.excessiveShareOfMaximum)
      return excessive(`${name} holds nearly as much as this version of Windows allows at all.`)
    return unknown(
      `The maximum of ${name} could not be read, and ${size(usedBytes)} may be nearly all that this machine allows.`,
    )
  }

  const disagreeing = pool === 'nonpaged' && exact !== null && memory?.nonPagedPool.excessive === null
  if (bounded && disagreeing && dump.build !== null && dump.build < windows8)
    return unknown(memory.sources['nonPagedPool.excessive'] ?? `The debugger's rule cannot be applied to ${name}.`)
  if (atLeast) return unknown(`Only part of the accounting of ${name} could be read, so it may hold more.`)
  if (bounded) return { ...pressure, state: 'normal', reason: `${name} is well below its maximum.` }
  if (physicalBytes === null)
    return unknown(`Neither the maximum of ${name} nor the size of the machine's memory is in the dump.`)
  return { ...pressure, state: 'normal', reason: `${name} takes ${percent(usedBytes, physicalBytes)} of memory.` }
}
