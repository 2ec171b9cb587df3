import { hexAddress } from '../analysis/scalars.ts'
import type { TagUse } from '../analysis/tag-use.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import type { VirtualRange } from '../memory/virtual-memory.ts'
import type { Code, CodeRange, InstructionSet } from './code.ts'
import type { SearchedModule } from './modules.ts'
import {
  type Callees,
  findArm64Constants,
  findBytes,
  keyVariants,
  type TagHitKind,
  x86Classifier,
} from './tag-constants.ts'

/** Places of a tag's bytes in one module that are kept for display. */
const maxPlaces = 16

/** Strongest first: which place is shown as the example. */
const strength: readonly (TagHitKind | 'data')[] = ['allocating', 'loaded', 'releasing', 'compared', 'loose', 'data']

export type ModuleTags = {
  readonly uses: TagUse[]
  /** Where the tag's own bytes stand, whatever they are, ascending: what a search of memory for them finds. */
  readonly places: readonly { readonly key: number; readonly address: bigint }[]
  /** How many were looked at, and whether there are more. */
  readonly hits: number
  readonly more: boolean
}

/**
 * Searches the bytes of one module for tags. `code` are its executable parts; what lies outside of them is data. Null
 * instructions (a machine whose code is not read here): every hit in code is loose. At most `most` hits are looked at.
 */
export const tagUses = (
  range: VirtualRange,
  module: SearchedModule,
  code: Code,
  instructions: InstructionSet | null,
  keys: readonly number[],
  callees: Callees,
  most: number,
): ModuleTags => {
  if (keys.length === 0) return { uses: [], places: [], hits: 0, more: false }
  const tallies = new Map<number, Tally>()
  const tallyOf = (key: number): Tally => {
    const tally = tallies.get(key) ?? newTally()
    tallies.set(key, tally)
    return tally
  }
  let hits = 0
  let more = false
  const isRoom = (): boolean => {
    if (hits < most) hits++
    else more = true
    return !more
  }
  const note = (key: number, kind: TagHitKind | 'data', rva: number): void => {
    const tally = tallyOf(key)
    tally.counts[kind]++
    if (tally.example === null || strength.indexOf(kind) < strength.indexOf(tally.example.kind))
      tally.example = { kind, rva }
  }

  const variants = keyVariants(keys)
  const parts = code.ranges
    .toSorted((a, b) => a.rva - b.rva)
    .map((part) => ({ ...part, kindAt: kindsOf(part, module.base, instructions, callees) }))
  const places: { key: number; address: bigint }[] = []
  findBytes(range.bytes, variants, (rva, key) => {
    if (!isRoom()) return
    if (tallyOf(key).places++ < maxPlaces) places.push({ key, address: module.base + BigInt(rva) })
    const part = lastBefore(parts, rva)
    const inCode = part !== null && rva < part.rva + part.bytes.length
    note(key, inCode ? part.kindAt(rva - part.rva) : 'data', rva)
  })
  if (instructions === 'arm64')
    for (const part of code.ranges)
      findArm64Constants(part, variants, callees, (rva, key, kind) => {
        if (isRoom()) note(key, kind, rva)
      })
  const uses = [...tallies].map(
    ([key, { counts, example }]): TagUse => ({
      tag: tagOfKey(key),
      module: module.name,
      base: hexAddress(module.base),
      ...counts,
      example: hexAddress(module.base + BigInt(example?.rva ?? 0)),
    }),
  )
  return { uses, places, hits, more }
}

/** ARM64 splits its constants: their bytes in one piece are a literal's, which is found by its load, or text. */
const kindsOf = (
  part: CodeRange,
  base: bigint,
  instructions: InstructionSet | null,
  callees: Callees,
): ((offset: number) => TagHitKind) =>
  instructions === 'x86' || instructions === 'x64'
    ? x86Classifier(part, base, instructions === 'x86' ? 4 : 8, callees)
    : () => 'loose'

const lastBefore = <Part extends CodeRange>(sorted: readonly Part[], rva: number): Part | null => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle].rva <= rva) low = middle + 1
    else high = middle
  }
  return sorted[low - 1] ?? null
}

type Tally = {
  readonly counts: Record<TagHitKind | 'data', number>
  example: { readonly kind: TagHitKind | 'data'; readonly rva: number } | null
  places: number
}

const newTally = (): Tally => ({
  counts: { allocating: 0, releasing: 0, loaded: 0, compared: 0, loose: 0, data: 0 },
  example: null,
  places: 0,
})

/**
 * How many operands that look like one of `tags` chance would put into so many bytes of x86 code: each tag has two forms
 * of 2^32, and some thirteen opcode bytes of 256 may stand before an operand. ARM64's pairs are rarer still.
 */
export const chanceHits = (codeBytes: number, tags: number): number => codeBytes * ((tags * 2) / 2 ** 32) * (13 / 256)
