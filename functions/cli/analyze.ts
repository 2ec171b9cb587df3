import { readFile, stat } from 'node:fs/promises'
import { Analysis } from '../../shared/analysis/analysis.ts'
import type { Refusal } from '../../shared/analysis/dump-facts.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { markdownReport } from '../../shared/report/markdown.ts'
import { printable } from '../../shared/report/printable.ts'
import { textReport } from '../../shared/report/text.ts'
import { analyze } from '../../shared/stages/analyze.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { SymbolMap } from '../../shared/symbols/symbol-map.ts'
import type { AnalyzeCommand } from './command-line.ts'
import { exitStatus } from './exit-status.ts'
import { showProgress } from './progress.ts'
import { fileProblem, WrongUse } from './wrong-use.ts'

/** `dumpline analyze`: prints the analysis of one dump and returns the exit status. */
export const analyzeCommand = async (command: AnalyzeCommand): Promise<number> => {
  const analysis = Analysis.parse(await analyzeFile(command))
  const { refusal } = analysis.dump
  if (command.json) process.stdout.write(`${JSON.stringify(analysis, null, 2)}\n`)
  else if (refusal === undefined) {
    const report = command.markdown ? markdownReport : textReport
    process.stdout.write(report(analysis, { transcript: command.transcript }))
  }
  if (refusal === undefined) return exitStatus.analysed
  sayRefused(refusal)
  return exitStatus.notADump
}

/** Why a file is not analysed, on stderr; with its name where there are several. */
export const sayRefused = ({ message, advice }: Refusal, file?: string): void => {
  const name = file === undefined ? '' : `${file}: `
  process.stderr.write(`dumpline: ${printable(`${name}${message} ${advice}`)}\n`)
}

type FileToAnalyze = Pick<AnalyzeCommand, 'file'> & Partial<Pick<AnalyzeCommand, 'symbols' | 'pooltag' | 'fullScan'>>

export const analyzeFile = async (command: FileToAnalyze): Promise<Analysis> => {
  const options: StageOptions = {
    symbols: command.symbols === undefined ? undefined : await readSymbols(command.symbols),
    pooltag: command.pooltag === undefined ? undefined : await readText(command.pooltag),
    fullScan: command.fullScan,
  }
  await using source = await openDumpFile(command.file)
  const progress = showProgress(process.stderr)
  try {
    const meter = { clock: () => performance.now(), peakMemory: () => process.resourceUsage().maxRSS * 1024 }
    return await analyze(source, { ...options, onProgress: progress.show }, meter)
  } finally {
    progress.end()
  }
}

const openDumpFile = async (path: string): Promise<Awaited<ReturnType<typeof openFileSource>>> => {
  try {
    // A directory can be opened, and only reading it fails.
    if (!(await stat(path)).isFile()) throw new WrongUse(`${path} is not a file.`)
    return await openFileSource(path)
  } catch (error) {
    throw fileProblem(path, error)
  }
}

const readText = async (path: string): Promise<string> => {
  try {
    // Microsoft's pooltag.txt is no UTF-8; Latin-1 keeps every byte a character.
    return await readFile(path, 'latin1')
  } catch (error) {
    throw fileProblem(path, error)
  }
}

const readSymbols = async (path: string): Promise<SymbolMap> => {
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
