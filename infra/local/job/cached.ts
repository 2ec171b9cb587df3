import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A folder made from inputs: where it is, and how long making it took; null when it was there already. */
export type Made = { readonly folder: string; readonly milliseconds: number | null }

/**
 * The folder `parent/hash`, made by `make` unless it is there. It has its name only when `make` has ended well, so that
 * one that was interrupted is never taken for whole.
 */
export const cached = async (parent: string, hash: string, make: (folder: string) => Promise<void>): Promise<Made> => {
  const folder = join(parent, hash)
  if (await isFolder(folder)) return { folder, milliseconds: null }
  const started = performance.now()
  const unfinished = join(parent, `unfinished-${process.pid}`)
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  await make(unfinished)
  try {
    await rename(unfinished, folder)
  } catch (error) {
    // Somebody else made the same meanwhile.
    if (!(await isFolder(folder))) throw error
    await rm(unfinished, { recursive: true, force: true })
  }
  return { folder, milliseconds: performance.now() - started }
}

/**
 * Removes what earlier inputs made. Only whoever holds the data folder may: a stack that still runs loads its functions
 * from there.
 */
export const removeOthers = async ({ folder }: Made): Promise<void> => {
  const parent = dirname(folder)
  for (const name of await readdir(parent))
    if (name !== basename(folder)) await rm(join(parent, name), { recursive: true })
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
