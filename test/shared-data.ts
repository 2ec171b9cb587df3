import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const sharedData = (): string | null => {
  for (let folder = dirname(import.meta.dirname); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'shared/data/dumps'))) return join(folder, 'shared/data')
  return null
}
