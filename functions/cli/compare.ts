import { Analysis } from '../../shared/analysis/analysis.ts'
import { Comparison } from '../../shared/analysis/comparison.ts'
import { compare } from '../../shared/growth/compare.ts'
import { comparisonReport } from '../../shared/report/comparison.ts'
import { analyzeFile, sayRefused } from './analyze.ts'
import type { CompareCommand } from './command-line.ts'
import { exitStatus } from './exit-status.ts'

/**
 * `dumpline compare`: analyses the dumps one after another and prints what grew between them. A file that is no dump
 * ends it as it ends `analyze`: the reason on stderr, and with `--json` the analysis that says why.
 */
export const compareCommand = async ({ files, json }: CompareCommand): Promise<number> => {
  const analyses: Analysis[] = []
  for (const file of files) {
    const analysis = Analysis.parse(await analyzeFile({ file }))
    if (analysis.dump.refusal !== undefined) {
      if (json) process.stdout.write(`${JSON.stringify(analysis, null, 2)}\n`)
      sayRefused(analysis.dump.refusal, file)
      return exitStatus.notADump
    }
    analyses.push(analysis)
  }
  const comparison = Comparison.parse(compare(analyses))
  process.stdout.write(json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonReport(comparison))
  return exitStatus.analysed
}
