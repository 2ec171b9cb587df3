import { readFile, stat } from 'node:fs/promises'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { SymbolMap } from '../../shared/symbols/symbol-map.ts'
import { fileProblem, WrongUse } from './wrong-use.ts'

/** The dump named on the command line; dispose of it to close the file. Throws WrongUse when it cannot be opened. */
export const openDumpFile = async (path: string): Promise<Awaited<ReturnType<typeof openFileSource>>> => {
  try {
    // A directory can be opened, and only reading it fails.
    if (!(await stat(path)).isFile()) throw new WrongUse(`${path} is not a file.`)
    return await openFileSource(path)
  } catch (error) {
    throw fileProblem(path, error)
  }
}

export const readText = async (path: string): Promise<string> => {
  try {
    // Microsoft's pooltag.txt is no UTF-8; Latin-1 keeps every byte a character.
    return await readFile(path, 'latin1')
  } catch (error) {
    throw fileProblem(path, error)
  }
}

export const readSymbols = async (path: string): Promise<SymbolMap> => {
  const text = await readText(path)
  const parsed = SymbolMap.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new WrongUse(`${path} is not a symbol map: it should look like { "nt": { "MmPoolFailures": "0x1a2b3c" } }.`)
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON is not a symbol map either: the schema says so.
    return undefined
  }
}
