import { stat } from 'node:fs/promises'
import { Analysis } from '../../shared/analysis/analysis.ts'
import type { Refusal } from '../../shared/analysis/dump-facts.ts'
import { ArchiveRefused } from '../../shared/archive/refusals.ts'
import { markdownReport } from '../../shared/report/markdown.ts'
import { printable } from '../../shared/report/printable.ts'
import { textReport } from '../../shared/report/text.ts'
import { analyze, refusedAnalysis } from '../../shared/stages/analyze.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import type { AnalyzeCommand } from './command-line.ts'
import { exitStatus } from './exit-status.ts'
import { openDumpFile, readSymbols, readText } from './input-files.ts'
import { showProgress } from './progress.ts'

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

/**
 * The analysis of one dump, or of the one in an archive; a file that is no dump has one too, whose `dump.refusal` says
 * why. Throws WrongUse where a file that is named cannot be read.
 */
export const analyzeFile = async (command: FileToAnalyze): Promise<Analysis> => {
  const options: StageOptions = {
    symbols: command.symbols === undefined ? undefined : await readSymbols(command.symbols),
    pooltag: command.pooltag === undefined ? undefined : await readText(command.pooltag),
    fullScan: command.fullScan,
  }
  await using source = await openOrRefuse(command.file)
  if ('refusal' in source) return refusedAnalysis(source.size, source.refusal)
  const progress = showProgress(process.stderr)
  try {
    const meter = { clock: () => performance.now(), peakMemory: () => process.resourceUsage().maxRSS * 1024 }
    return await analyze(source, { ...options, onProgress: progress.show }, meter)
  } finally {
    progress.end()
  }
}

type Refused = AsyncDisposable & { readonly size: number; readonly refusal: Refusal }

/** The dump, or why there is none in the archive. */
const openOrRefuse = async (file: string): Promise<Awaited<ReturnType<typeof openDumpFile>> | Refused> => {
  try {
    return await openDumpFile(file)
  } catch (error) {
    if (!(error instanceof ArchiveRefused)) throw error
    const { tag, message, advice } = error
    const { size } = await stat(file)
    return { size, refusal: { code: tag, message, advice }, [Symbol.asyncDispose]: async () => {} }
  }
}
