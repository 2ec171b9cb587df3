import type { Random } from '../random.ts'
import type { Va } from '../words.ts'

export type VaRange = { readonly start: Va; readonly pages: number }

/** Hands out pages of virtual memory, upwards through its ranges, leaving some of them unused on the way. */
export type VaArena = { take(pages: number): Va }

/** `slack` is how many pages may stay unused in between. */
export const createVaArena = (ranges: readonly VaRange[], slack: number, random: Random): VaArena => {
  let current = 0
  let used = 0
  let gaps = slack
  return {
    take: (pages) => {
      if (gaps > 0 && random.below(64) === 0) {
        const gap = Math.min(gaps, random.between(1, 6))
        if (used + gap <= ranges[current].pages) {
          used += gap
          gaps -= gap
        }
      }
      while (used + pages > ranges[current].pages) {
        gaps -= Math.max(0, ranges[current].pages - used)
        current++
        used = 0
        if (current >= ranges.length) throw new Error('The pool does not fit its address range.')
      }
      const va = ranges[current].start + used * 4096
      used += pages
      return va
    },
  }
}
