import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stateFolder } from '../state-folder.ts'

/** Commands remembered from one session to the next. */
export const historyLines = 500

const historyFile = (): string => join(stateFolder(), 'kd-history')

/** The commands of earlier sessions, the latest first; none where there is no such file. */
export const readHistory = async (): Promise<string[]> => {
  try {
    const text = await readFile(historyFile(), 'utf8')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .reverse()
  } catch (error) {
    // A first session has no past.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) complain('could not be read', error)
    return []
  }
}

/** Keeps the commands for the next session. That it cannot is said, and is no error. */
export const saveHistory = async (latestFirst: readonly string[]): Promise<void> => {
  const file = historyFile()
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, `${[...latestFirst].slice(0, historyLines).reverse().join('\n')}\n`, { mode: 0o600 })
  } catch (error) {
    complain('was not kept', error)
  }
}

const complain = (what: string, error: unknown): void => {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`dumpline: the history of commands ${what}: ${reason}\n`)
}
