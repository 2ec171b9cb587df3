import type { ForgeCommand } from './command-line.ts'
import { exitStatus } from './exit-status.ts'
import { fileProblem, WrongUse } from './wrong-use.ts'

/**
 * `dumpline forge SCENARIO[:CONTAINER] OUT`: a development command, for which alone the builder of synthetic dumps is loaded.
 * Prints what it wrote. An unknown scenario, or a place that cannot be written to, is a wrong use.
 */
export const forgeCommand = async ({ scenario, out }: ForgeCommand): Promise<number> => {
  const { findScenario, forge } = await import('../../test/forge/forge.ts')
  const found = findScenario(scenario)
  if (typeof found === 'string') throw new WrongUse(found)
  try {
    const { dump, truth, symbols, bytes } = await forge(scenario, out)
    process.stdout.write(`${dump} (${bytes} bytes)\n${truth}\n${symbols}\n`)
    return exitStatus.analysed
  } catch (error) {
    throw fileProblem(out, error, 'written')
  }
}
