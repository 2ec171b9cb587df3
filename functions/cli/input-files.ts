import { readFile, stat } from 'node:fs/promises'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { archiveFormatOf, signatureBytes } from '../../shared/dump/foreign-formats.ts'
import { SymbolMap } from '../../shared/symbols/symbol-map.ts'
import { unpackFile } from './unpack-file.ts'
import { fileProblem, WrongUse } from './wrong-use.ts'

/**
 * The dump named on the command line, or the one in the archive named there; dispose of it to close the file. Throws
 * WrongUse when it cannot be opened, `ArchiveRefused` when it is an archive that is not unpacked.
 */
export const openDumpFile = async (path: string): Promise<ByteSource & AsyncDisposable> => {
  const file = await openAnyFile(path)
  const format = archiveFormatOf(await file.read(0, Math.min(signatureBytes, file.size)))
  if (format === null) return file
  await using archive = file
  return await unpackFile(archive, format)
}

const openAnyFile = async (path: string): Promise<ByteSource & AsyncDisposable> => {
  try {
    // A directory can be opened, and only reading it fails.
    if (!(await stat(path)).isFile()) throw new WrongUse(`${path} is not a file.`)
    return await openFileSource(path)
  } catch (error) {
    throw fileProblem(path, error)
  }
}

/** A whole file. Throws WrongUse where it cannot be read. */
export const readText = async (path: string): Promise<string> => {
  try {
    // Microsoft's pooltag.txt is no UTF-8; Latin-1 keeps every byte a character.
    return await readFile(path, 'latin1')
  } catch (error) {
    throw fileProblem(path, error)
  }
}

/** A symbol map. Throws WrongUse where the file cannot be read or holds none. */
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
