import { Analysis } from '../../shared/analysis/analysis.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { analyze } from '../../shared/stages/analyze.ts'
import type { StageOptions } from '../../shared/stages/options.ts'

const meter = { clock: () => performance.now() }

/** A whole analysis, as `dumpline analyze` makes it, checked against the contract's schema. */
export const analyzeFile = async (path: string, options: StageOptions = {}): Promise<Analysis> => {
  await using source = await openFileSource(path)
  return Analysis.parse(await analyze(source, options, meter))
}

export const analyzeBytes = async (bytes: Uint8Array, options: StageOptions = {}): Promise<Analysis> =>
  Analysis.parse(await analyze(bufferSource(bytes), options, meter))

export const withoutCost = ({ cost, ...body }: Analysis): Omit<Analysis, 'cost'> => body
