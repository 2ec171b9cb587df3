import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder made from inputs: where it is, and how long making it took; null when it was there already. */
export type Made = { readonly folder: string; readonly milliseconds: number | null }

/**
 * The folder `parent/hash`, made by `make` unless it is there. It has its name only when `make` has ended well, so that
 * one that was interrupted is never taken for whole. Folders of other hashes are removed.
 */
export const cached = async (parent: string, hash: string, make: (folder: string) => Promise<void>): Promise<Made> => {
  const folder = join(parent, hash)
  if (await isFolder(folder)) return { folder, milliseconds: null }
  const started = performance.now()
  const unfinished = join(parent, 'unfinished')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  await make(unfinished)
  await rename(unfinished, folder)
  for (const name of await readdir(parent)) if (name !== hash) await rm(join(parent, name), { recursive: true })
  return { folder, milliseconds: performance.now() - started }
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
