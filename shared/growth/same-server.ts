import type { UnloadedModule } from '../analysis/module.ts'
import { physicalPages } from '../verdict/pressure.ts'
import { commonModules, kernelMoved, sameFile } from './common-modules.ts'
import type { Snapshot } from './compared.ts'
import { growthRules } from './growth-rules.ts'
import { clocksOf } from './intervals.ts'

export type SameServer = { readonly same: boolean | null; readonly reasons: readonly string[] }

/**
 * Whether two dumps are of one server, by what they show: architecture, processors, memory, drivers, and when each was
 * started. One boot seen by both is proof; hardware and drivers that agree across a reboot are taken for it, although a
 * twin made from the same image looks alike; what only partly agrees is left open.
 */
export const sameServerOf = (a: Snapshot, b: Snapshot): SameServer => {
  const against = differences(a, b)
  if (against.length > 0) return { same: false, reasons: against }
  const drivers = driversOf(a, b)
  const clocks = clocksOf(a, b)
  if (clocks.kind === 'one-boot' && !kernelMoved(a, b) && drivers.alike)
    return {
      same: true,
      reasons: ['The dumps are of one boot of one server: started at one time, with one set of drivers.'],
    }
  const history = sharedHistory(a.unloadedModules, b.unloadedModules)
  if (history > 0)
    return { same: true, reasons: ['The dumps remember the same drivers being unloaded at the same times.'] }
  if (clocks.kind === 'contradictory') return { same: null, reasons: [clocks.sentence] }
  if (drivers.alike && a.dump.build === b.dump.build && a.dump.processors !== null && pagesOf(a) !== null)
    return {
      same: true,
      reasons: [
        `Processors, memory, build and ${drivers.same} of ${drivers.common} drivers are the same; a twin made from the same image would look the same.`,
      ],
    }
  return {
    same: null,
    reasons: [
      drivers.common < growthRules.sameDrivers.least
        ? 'Too few drivers are known in each of the dumps to tell whether they are of one server.'
        : `${drivers.same} of ${drivers.common} drivers are the same files: that does not tell whether the dumps are of one server.`,
    ],
  }
}

/** What one server cannot show in two dumps. */
const differences = (a: Snapshot, b: Snapshot): string[] => {
  const differ = <Value>(name: string, one: Value | null, other: Value | null): string[] =>
    one !== null && other !== null && one !== other ? [`The ${name} differ: ${one} and ${other}.`] : []
  const [before, after] = [pagesOf(a), pagesOf(b)]
  const pages =
    before !== null &&
    after !== null &&
    Math.abs(before - after) > growthRules.physicalPagesShare * Math.max(before, after)
      ? [`The pages of physical memory differ: ${before} and ${after}.`]
      : []
  const drivers = driversOf(a, b)
  const strangers =
    a.dump.build === b.dump.build &&
    drivers.common >= growthRules.sameDrivers.least &&
    drivers.same < growthRules.otherDrivers * drivers.common
      ? [`Of ${drivers.common} drivers in both only ${drivers.same} are the same files.`]
      : []
  const twoBoots =
    clocksOf(a, b).kind === 'one-boot' && kernelMoved(a, b)
      ? ['Both machines were started at the same time, and their kernels stand at different addresses.']
      : []
  return [
    ...differ('architectures', architecture(a), architecture(b)),
    ...differ('processors', a.dump.processors, b.dump.processors),
    ...pages,
    ...strangers,
    ...twoBoots,
  ]
}

const architecture = ({ dump }: Snapshot): string | null =>
  dump.architecture === 'unknown' ? null : dump.architecture.replace(/-.*/, '')

const pagesOf = ({ dump, memory }: Snapshot): number | null => physicalPages(dump, memory)

type Drivers = { readonly common: number; readonly same: number; readonly alike: boolean }

const driversOf = (a: Snapshot, b: Snapshot): Drivers => {
  const pairs = commonModules(a, b)
  const same = pairs.filter(([one, other]) => sameFile(one, other)).length
  const fewer = Math.min(a.modules.length, b.modules.length)
  const { share, least } = growthRules.sameDrivers
  return { common: pairs.length, same, alike: same >= least && same >= share * fewer }
}

/** The kernel remembers the last drivers it unloaded, with the time: no other machine has the same memories. */
const sharedHistory = (a: readonly UnloadedModule[], b: readonly UnloadedModule[]): number => {
  const event = ({ name, start, unloadedAt }: UnloadedModule) => `${name} ${start} ${unloadedAt}`
  const known = new Set(a.filter(({ unloadedAt }) => unloadedAt !== null).map(event))
  return b.filter((unloaded) => known.has(event(unloaded))).length
}
