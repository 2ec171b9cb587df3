import { type Drawn, drawDriverLeak, drawObjectLeak } from '../calibration/variants.ts'
import type { Variant } from '../conformance/verdict-matrix-dump.ts'
import type { Machine } from '../forge/machine/machine.ts'
import { createRandom, type Random } from '../forge/random.ts'
import { openDump } from '../forge-tests/reader.ts'
import { type Mishap, mishaps } from './mishaps.ts'

export type Hostile = {
  readonly label: string
  readonly variant: Variant
  /** The guilty driver is gone, with everything that tells of it, and its blocks point nowhere: an innocent one looks just like it. */
  readonly undecidable: boolean
}

/** Four bytes that nobody would type. */
const oddTags = [
  '\x80\xff\x01T',
  'Té\x7f ',
  '    ',
  '\x01\x02\x03\x04',
  'a\x00b\x00',
  '\'"<>',
  '%s%n',
  '日本'.slice(0, 4),
]

/** A machine of any era with a leak, one to three mishaps, sometimes a tag of odd bytes or objects that leak. */
export const drawHostile = (seed: string, index: number): Hostile => {
  const random = createRandom(`${seed}/hostile/${index}`)
  const chosen = Array.from({ length: random.between(1, 3) }, () => random.pick(mishaps))
  const drawn = random.chance(0.2) ? drawObjectLeak(random, `${seed}/${index}`) : drawDriverLeak(seed, index)
  const { label, variant } = random.chance(0.1) ? oddTag(drawn, random) : drawn
  const scenario = chosen.reduce(
    (machine, { scenario: change }) => change?.(machine, random) ?? machine,
    variant.scenario,
  )
  // Pages that are missing here and there are more runs than a full dump's header holds.
  const losing = chosen.some(({ lost }) => lost !== undefined)
  const lossy = scenario.layout.build < 9200 ? 'summary' : 'kernel'
  return {
    undecidable: variant.unloaded !== undefined && !losing && label.includes('mute'),
    label: `${label} | ${chosen.map(({ name }) => name).join(' + ')}`,
    variant: {
      ...variant,
      scenario,
      ...(losing ? { container: lossy, unloaded: undefined, hidden: undefined } : {}),
      lost: (machine) => [...(variant.lost?.(machine) ?? []), ...lostOf(chosen, machine, random)],
      patch: (file, machine) => {
        // Opened while the header is true: after a mishap of its build no page is where it says.
        const dump = openDump(file, machine.scenario.paging.name)
        for (const { patch } of chosen) patch?.(dump, machine, random)
      },
      cut: chosen.reduce((share, { cut }) => share * (cut?.(random) ?? 1), variant.cut ?? 1),
    },
  }
}

const lostOf = (chosen: readonly Mishap[], machine: Machine, random: Random) =>
  chosen.flatMap(({ lost }) => lost?.(machine, random) ?? [])

/** The same leak under a tag of odd bytes. */
const oddTag = ({ label, variant }: Drawn, random: Random): Drawn => {
  const tag = random.pick(oddTags).padEnd(4)
  const { pools } = variant.scenario
  // A paged leak stands elsewhere, and an untagged one has no tag to change.
  const leak = pools.quotas.find((quota) => quota.tag !== 'None' && Object.hasOwn(variant.guilty, quota.tag))
  if (leak === undefined) return { label, variant }
  return {
    label: `${label}; odd tag`,
    variant: {
      ...variant,
      guilty: { [shown(tag)]: variant.guilty[leak.tag] },
      scenario: {
        ...variant.scenario,
        pools: { ...pools, quotas: pools.quotas.map((quota) => (quota === leak ? { ...leak, tag } : quota)) },
      },
    },
  }
}

/** A tag as analyses show it (contract): bytes that cannot be printed by their numbers, and no bit 31. */
export const shown = (tag: string): string =>
  [...Buffer.from(tag, 'latin1')]
    .map((byte, at) => (at === 3 ? byte & 0x7f : byte))
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
