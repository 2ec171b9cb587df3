import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** Never part of what is built: what others have built, and what editors leave. */
const leftOut = (name: string): boolean => name === 'node_modules' || name === 'dist' || name.startsWith('.')

/**
 * One hash over names and contents of files and folders below `root`, in hexadecimal: the same for the same inputs on
 * every machine. `without` names folders that do not count.
 */
export const contentHash = async (
  root: string,
  inputs: readonly string[],
  without: readonly string[] = [],
): Promise<string> => {
  const hash = createHash('sha256').update(process.versions.node)
  for (const path of (await Promise.all(inputs.map((input) => filesBelow(root, input, without)))).flat().sort()) {
    const content = await readFile(join(root, path))
    hash.update(`${path.split(sep).join('/')}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

const filesBelow = async (root: string, path: string, without: readonly string[]): Promise<string[]> => {
  const full = join(root, path)
  if (!(await stat(full)).isDirectory()) return [path]
  const entries = await readdir(full, { withFileTypes: true })
  const below = entries
    .filter(({ name }) => !leftOut(name))
    .map((entry) => relative(root, join(full, entry.name)))
    .filter((child) => !without.includes(child.split(sep).join('/')))
  return (await Promise.all(below.map((child) => filesBelow(root, child, without)))).flat()
}
