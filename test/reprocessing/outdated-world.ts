import { reprocessingWorld, type WorldOptions } from '../campaign/reprocessing-world.ts'
import { modelOf, type Outdated } from '../campaign/stored-cases.ts'

/** What each stored case is a copy of. */
export const model = await modelOf()
/** All cases of the older engine. */
export const older = { engineOlderThan: '0.1.0' }
/** A batch's settings, so that a test is over soon. */
export const fast = { perMinute: 600, concurrency: 40, sample: 6 }

/** A world with so many cases of an older engine, whose analyses are to be done again from `outdated` on. */
export const worldOf = async (count: number, outdated: Outdated = 'verdict', options: Partial<WorldOptions> = {}) => {
  const world = reprocessingWorld({ model, ...options })
  await world.seed(count, outdated)
  return world
}
