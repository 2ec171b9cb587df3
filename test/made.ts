import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buildPortal, root, synthesise } from '../infra/local/job/prepare.ts'

/**
 * The cloud assembly and the built portal that tests and campaigns run, made once from what the files hold now and kept
 * for the next: a dozen test files would otherwise each spend ten seconds on the same.
 */
const kept = join(root, '.dumpline', 'made')
const dayMilliseconds = 24 * 60 * 60 * 1000

export const madeAssembly = async (): Promise<string> => {
  await removeOld('synth')
  return (await synthesise(kept, new AbortController().signal)).folder
}

export const madePortal = async (): Promise<string> => {
  await removeOld('portal')
  return (await buildPortal(kept, new AbortController().signal)).folder
}

/** What was made of other contents, and long enough ago that no run uses it any more. */
const removeOld = async (part: string): Promise<void> => {
  const parent = join(kept, part)
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name)
    const made = await stat(folder).catch(() => null)
    if (made !== null && Date.now() - made.mtimeMs > dayMilliseconds) await rm(folder, { recursive: true, force: true })
  }
}
