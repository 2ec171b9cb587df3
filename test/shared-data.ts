import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { missing } from './missing.ts'

/** The folder `shared/data` with real dumps and published values, in a folder above the checkout; null where there is none. */
export const sharedData = (): string | null => {
  for (let folder = dirname(import.meta.dirname); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'shared/data/dumps'))) return join(folder, 'shared/data')
  return null
}

/** For `describe.skipIf`. */
export const withoutSharedData = (): boolean =>
  missing('the folder shared/data with the real dumps, in a folder above the checkout,', sharedData() !== null)

/** Path of a file under shared/data. */
export const sharedFile = (...parts: string[]): string => join(sharedData() ?? 'shared/data', ...parts)
