import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const repository = join(import.meta.dirname, '..')

const find = (): string | null => {
  for (let folder = dirname(repository); ; folder = dirname(folder)) {
    const candidate = join(folder, 'shared', 'data')
    if (existsSync(join(candidate, 'dumps'))) return candidate
    if (folder === dirname(folder)) return null
  }
}

/** The folder `shared/data` beside the checkout, with real dumps and published values; null where it is not. */
export const sharedData: string | null = find()

/**
 * Says why tests of real files step aside, or undefined when they run. With DUMPLINE_REQUIRE_ALL=1 they never step
 * aside: without the files they fail.
 */
export const withoutSharedData: string | undefined =
  sharedData === null && process.env.DUMPLINE_REQUIRE_ALL !== '1'
    ? `No folder shared/data with the real dumps in any folder above ${repository}.`
    : undefined

/** Path of a file under shared/data. */
export const sharedFile = (...parts: string[]): string => {
  if (sharedData === null)
    throw new Error(`No folder shared/data with the real dumps in any folder above ${repository}.`)
  return join(sharedData, ...parts)
}
