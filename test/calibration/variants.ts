import { headerPage, imagePages, slotPage, trackerPages, type Variant } from '../conformance/verdict-matrix-dump.ts'
import {
  agents,
  culprit,
  driver,
  encrypted,
  exporting,
  importing,
  type Leak,
  leaking,
  leakingObjects,
  leakingPaged,
  leakTag,
  library,
  type ObjectsLeak,
  quiet,
  taggedRoutines,
  tagging,
  untagged,
  using,
} from '../conformance/verdict-matrix-machines.ts'
import { containers, containersFor } from '../forge/container/container.ts'
import { createRandom, type Random } from '../forge/random.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'

/** A variant drawn at random, and its number in words; `calm` when nothing leaks. */
export type Drawn = { readonly label: string; readonly variant: Variant; readonly calm?: true }

/** How the guilty driver comes by the allocator. */
type Way = 'imports' | 'stored pointer' | 'pointer forgotten' | 'at a call' | 'computed' | 'through a library'
const untaggedWays: readonly Way[] = [
  'imports',
  'imports',
  'imports',
  'stored pointer',
  'pointer forgotten',
  'through a library',
]
/** One in ten does not have its tag as a constant in its code. */
const taggedWays: readonly Way[] = [
  ...Array.from({ length: 9 }, () => 'at a call' as const),
  'computed',
  'through a library',
]

/** What looks as guilty. */
type Other = 'imports' | 'stores' | 'same tag' | 'prints' | 'frees' | 'innocent'
const untaggedOthers: readonly Other[] = ['imports', 'imports', 'stores', 'innocent']
const taggedOthers: readonly Other[] = ['same tag', 'prints', 'frees', 'imports', 'innocent']

const otherDriver = (base: Scenario, name: string, other: Other): AddedDriver => {
  switch (other) {
    case 'imports':
      return importing(base, name)
    case 'stores':
      return quiet(base, name, { storesPointer: true })
    case 'same tag':
      return tagging(base, name)
    case 'prints':
      return driver(base, name, taggedRoutines, { tags: ['Prnt'], texts: [leakTag, `Pool tag is ${leakTag}.`] })
    case 'frees':
      return driver(base, name, ['ExFreePoolWithTag'], { tags: [leakTag] })
    case 'innocent':
      return quiet(base, name)
  }
}

/** The guilty driver, and the library that it allocates through. */
const guiltyDrivers = (base: Scenario, tag: string, way: Way, random: Random): AddedDriver[] => {
  // Who fetches a routine holds its name, unless it hides that as well.
  const asksFor = random.chance(0.8) ? ['ExAllocatePool'] : []
  if (way !== 'through a library') return [guiltyDriver(base, tag, way, asksFor)]
  const allocating = tag === leakTag ? tagging(base, library) : importing(base, library)
  return [using(quiet(base, culprit)), exporting(allocating)]
}

const guiltyDriver = (base: Scenario, tag: string, way: Way, asksFor: readonly string[] = []): AddedDriver => {
  if (tag === leakTag) return way === 'computed' ? driver(base, culprit, taggedRoutines) : tagging(base, culprit)
  if (way === 'imports') return importing(base, culprit)
  return quiet(base, culprit, { storesPointer: way === 'stored pointer', asksFor })
}

/** What happened to the dump, beside the leak: mostly nothing. */
const mishaps = ['none', 'none', 'none', 'iat', 'headers', 'image', 'tracker', 'hidden', 'unloaded', 'cut'] as const

const containerOf = ({ layout }: Scenario, random: Random): Variant['container'] =>
  random.pick(containersFor(layout).filter((name) => containers[name].kind !== 'triage' && name !== 'header-only'))

const mishapOf = (mishap: (typeof mishaps)[number], imports: boolean, random: Random): Partial<Variant> => {
  switch (mishap) {
    case 'none':
      return {}
    case 'iat':
      return imports ? { lost: slotPage(culprit, 'ExAllocatePool') } : {}
    case 'headers':
      return { lost: headerPage(culprit) }
    case 'image':
      return { lost: imagePages(culprit) }
    case 'tracker':
      return { lost: trackerPages }
    case 'hidden':
      return { hidden: culprit, container: 'full' }
    case 'unloaded':
      return { unloaded: culprit, container: 'full' }
    case 'cut':
      return { cut: 0.4 + random.below(60) / 100 }
  }
}

/** Variant number `index` of a seed: drivers that leak, one in eight times nothing does, one in eight objects. */
export const drawVariant = (seed: string, index: number): Drawn => {
  const quietly = createRandom(`${seed}/calm/${index}`)
  if (quietly.chance(0.125)) {
    const { label, variant } = drawCalm(quietly, `${seed}/${index}`)
    return { label: `${index} ${label}`, variant, calm: true }
  }
  const random = createRandom(`${seed}/objects/${index}`)
  if (!random.chance(0.125)) return drawDriverLeak(seed, index)
  const { label, variant } = drawObjectLeak(random, `${seed}/${index}`)
  return { label: `${index} ${label}`, variant: { ...variant, container: containerOf(variant.scenario, random) } }
}

/** A leak by a driver: an era, a container, a leak, drivers that look guilty too, and what the dump lacks. */
export const drawDriverLeak = (seed: string, index: number): Drawn => {
  const random = createRandom(`${seed}/${index}`)
  const base = random.pick(matrixMachines)
  const tag = random.pick([untagged, leakTag])
  const way = random.pick(tag === untagged ? untaggedWays : taggedWays)
  const others = Array.from({ length: random.below(4) }, () =>
    random.pick(tag === untagged ? untaggedOthers : taggedOthers),
  )
  const mute = random.chance(0.15)
  const leak: Leak = {
    tag,
    owner: mute ? 'nt' : culprit,
    scale: 0.9 + random.below(30) / 100,
    bigOnly: random.chance(0.1),
  }
  const drivers = random.shuffle([
    ...guiltyDrivers(base, tag, way, createRandom(`${seed}/asks/${index}`)),
    ...others.map((other, at) => otherDriver(base, `other${at}.sys`, other)),
  ])
  const paged = !base.layout.kdbgWithoutCounters && random.chance(0.1)
  const plain = paged && !leak.bigOnly ? leakingPaged(base, drivers, leak) : leaking(base, drivers, [leak])
  const inNonPaged = plain.pools.pagedQuotas === undefined
  const scrambled = inNonPaged && createRandom(`${seed}/bytes/${index}`).chance(0.15)
  const scenario = scrambled ? encrypted(plain) : plain
  const mishap = random.pick(mishaps)
  const label = [
    `${index} ${base.name} ${tag} ${way}`,
    `others: ${others.join(', ') || 'none'}`,
    mishap,
    mute ? 'mute' : 'pointers',
    ...(leak.bigOnly ? ['big'] : []),
    ...(paged ? ['paged'] : []),
    ...(scrambled ? ['random bytes'] : []),
  ].join('; ')
  return {
    label,
    variant: {
      scenario: { ...scenario, name: `${seed}/${index}` },
      container: containerOf(base, random),
      guilty: { [tag]: culprit },
      // As a dump too large to scan, and such a one whose sample tells nothing.
      ...(random.chance(0.2)
        ? { options: { scanLimitBytes: 0, ...(random.chance(0.5) ? { sampleBytes: 0 } : {}) } }
        : {}),
      ...mishapOf(mishap, way === 'imports', random),
    },
  }
}

/** Objects that leak on a machine of any era, and up to two processes that hold handles to them. */
export const drawObjectLeak = (random: Random, name: string): Drawn => {
  const base = random.pick(matrixMachines)
  const tag = random.pick(['Thre', 'Thre', 'Even', 'File'] as const)
  const count = { Thre: 620, Even: 5200, File: 2000 }[tag]
  const pids = [4, 664, ...agents.map(({ pid }) => pid)]
  const holders = Array.from({ length: random.below(3) }, () => ({
    pid: random.pick(pids),
    handles: random.between(200, count),
  }))
  const leak: ObjectsLeak = { tag, objects: count, holders }
  const most = Math.max(0, ...holders.map(({ handles }) => handles))
  return {
    label: `${base.name} ${tag} held by ${holders.map(({ pid, handles }) => `${pid}: ${handles}`).join(', ') || 'nobody'}`,
    variant: {
      scenario: { ...leakingObjects(base, leak), name },
      guilty: {},
      // Who has much less than another is not the one to name.
      holders: holders.filter(({ handles }) => handles * 3 >= most).map(({ pid }) => pid),
    },
  }
}

/**
 * A machine that works and is well: drivers that hold and use all that guilty ones do, tags in use up to what leaks
 * elsewhere, and non-paged pool that has room left, here much and there little.
 */
const drawCalm = (random: Random, name: string): Drawn => {
  const base = random.pick(matrixMachines)
  const names = Array.from({ length: random.between(1, 5) }, (_, at) => `busy${at}.sys`)
  const drivers = names.map((driverName) =>
    otherDriver(base, driverName, random.pick([...untaggedOthers, ...taggedOthers])),
  )
  const tags = random.shuffle([untagged, leakTag, 'Pkts', 'Irpq']).slice(0, random.below(4))
  const loads = tags.map(
    (tag): Leak => ({
      tag,
      owner: random.pick([...names, 'nt']),
      scale: 0.2 + random.below(90) / 100,
      bigOnly: random.chance(0.1),
    }),
  )
  const usedShare = 0.1 + random.below(65) / 100
  // Where nothing bounds the pool a machine that leaks is one of little memory: this one has enough.
  const scenario = base.layout.kdbgWithoutCounters
    ? { ...base, added: drivers, pools: { ...base.pools, quotas: base.pools.quotas.slice(1) }, culprit: null }
    : leaking(base, drivers, loads)
  const nonPagedMaximum = Math.ceil(scenario.pools.nonPagedPages / usedShare)
  const cut = random.chance(0.1)
  return {
    label: `${base.name} calm; ${base.layout.kdbgWithoutCounters ? 'no load' : tags.join(', ') || 'no load'}; used ${Math.round(usedShare * 100)} %${cut ? '; cut' : ''}`,
    variant: {
      scenario: { ...scenario, name, pools: { ...scenario.pools, nonPagedMaximum } },
      container: containerOf(base, random),
      guilty: {},
      ...(cut ? { cut: 0.4 + random.below(60) / 100 } : {}),
    },
  }
}
