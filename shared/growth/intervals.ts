import type { Interval } from '../analysis/comparison.ts'
import { counted } from '../verdict/wording.ts'
import { commonModules, kernelMoved } from './common-modules.ts'
import { type Snapshot, timeOf } from './compared.ts'
import { growthRules } from './growth-rules.ts'

/** What the clocks of two dumps say together. */
export type Clocks =
  | { readonly kind: 'one-boot' | 'rebooted' | 'contradictory'; readonly sentence: string }
  | { readonly kind: 'unknown'; readonly sentence: string }

/**
 * Compares when the machine of each dump was started, by its time less its uptime. One boot: the same moment. Rebooted:
 * the later dump's machine was started after the earlier dump. Neither: two machines that were up at the same time, or
 * a clock that was set.
 */
export const clocksOf = (earlier: Snapshot, later: Snapshot): Clocks => {
  const [from, to] = [timeOf(earlier), timeOf(later)]
  const [upBefore, upAfter] = [earlier.dump.uptimeSeconds, later.dump.uptimeSeconds]
  if (from === null || to === null || upBefore === null || upAfter === null)
    return { kind: 'unknown', sentence: 'Time and uptime are not known for both dumps.' }
  const elapsed = (to - from) / 1000
  const { seconds, perElapsed } = growthRules.bootTolerance
  const tolerance = seconds + perElapsed * Math.abs(elapsed)
  if (Math.abs(elapsed + upBefore - upAfter) <= tolerance)
    return { kind: 'one-boot', sentence: 'By time and uptime both dumps are of one boot.' }
  if (upAfter < elapsed + tolerance)
    return {
      kind: 'rebooted',
      sentence: `The later dump was up for ${hoursText(upAfter / 3600)}, and ${hoursText(elapsed / 3600)} lie between them.`,
    }
  return {
    kind: 'contradictory',
    sentence:
      'By time and uptime both machines were up when the earlier dump was taken, since different moments: two servers, or a clock that was set.',
  }
}

/** The time between two dumps, and whether the machine was restarted in it. */
export const intervalOf = (earlier: Snapshot, later: Snapshot): Interval => {
  const [from, to] = [timeOf(earlier), timeOf(later)]
  const hours = from === null || to === null || to < from ? null : (to - from) / 3_600_000
  const clocks = clocksOf(earlier, later)
  const common = commonModules(earlier, later)
  const moved = common.filter(([a, b]) => a.base !== b.base).length
  if (kernelMoved(earlier, later) || (common.length >= growthRules.sameDrivers.least && moved * 2 > common.length))
    return {
      hours,
      rebooted: true,
      reason: `${counted(moved, 'module')} of ${common.length} stand at other addresses. ${clocks.sentence}`,
    }
  const rebooted = clocks.kind === 'rebooted' ? true : clocks.kind === 'one-boot' ? false : null
  return { hours, rebooted, reason: clocks.sentence }
}

/** `20 minutes`, `1.5 hours`, `72 hours`; beyond what anybody counts in hours `7 days`. */
export const hoursText = (hours: number): string => {
  if (hours < 1) return counted(Math.round(hours * 60), 'minute')
  if (hours >= 100) return `${tenths(hours / 24)} days`
  return tenths(hours) === 1 ? '1 hour' : `${tenths(hours)} hours`
}

const tenths = (value: number): number => Math.round(value * 10) / 10
