import { createRandom } from '../forge/random.ts'
import type { Fate, Fates } from './simulation.ts'

/** A seeded sequence of numbers from 0 to 1. */
export const numbers = (seed: string) => {
  const random = createRandom(seed)
  return () => random.u32() / 2 ** 32
}

/** Up to `most` of the steps fare badly, each with this chance. */
export const mishaps = (random: () => number, most: number, chance: number, fates: readonly Fate[]): Fates => {
  let left = most
  return () => {
    if (left === 0 || random() >= chance) return 'go-on'
    left--
    return fates[Math.floor(random() * fates.length)]
  }
}
