import { open, writeFile } from 'node:fs/promises'
import { type ContainerName, containers, containersFor } from './container/container.ts'
import { dumpOf } from './machine/dump-machine.ts'
import { buildMachine } from './machine/machine.ts'
import type { Scenario } from './scenario.ts'
import { healthy } from './scenarios/healthy.ts'
import { matrixMachines } from './scenarios/matrix.ts'
import { depletion2008 } from './scenarios/nonpaged-depletion-2008.ts'
import { depletionPae } from './scenarios/nonpaged-depletion-pae.ts'
import { depletionX64 } from './scenarios/nonpaged-depletion-x64.ts'
import { tinyPae, tinyX64, tinyX86 } from './scenarios/tiny.ts'
import { symbolsOf, type Truth, truthOf } from './truth.ts'

const scenarios: readonly Scenario[] = [
  depletion2008,
  depletionPae,
  depletionX64,
  healthy,
  tinyX86,
  tinyPae,
  tinyX64,
  ...matrixMachines,
]

/** The scenarios `forge` knows; with `:CONTAINER` behind its name each is written in another container. */
export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name)

const isContainer = (name: string): name is ContainerName => Object.hasOwn(containers, name)

/** A scenario by its name, or in a full sentence why there is none of that name. */
export const findScenario = (named: string): Scenario | string => {
  const [name, container = 'full'] = named.split(':')
  const scenario = scenarios.find((known) => known.name === name)
  if (scenario === undefined) return `There is no scenario "${name}"; the forge knows ${scenarioNames.join(', ')}.`
  const written = containersFor(scenario.layout)
  return isContainer(container) && written.includes(container)
    ? { ...scenario, container }
    : `A machine like "${name}" writes no "${container}" dump; it writes ${written.join(', ')}.`
}

/** A scenario by name; throws when there is none, naming those there are. */
export const scenarioNamed = (named: string): Scenario => {
  const scenario = findScenario(named)
  if (typeof scenario === 'string') throw new Error(scenario)
  return scenario
}

export type Forged = {
  /** The dump's size, and its bytes in the pieces they are written in. */
  readonly bytes: number
  readonly pieces: readonly Buffer[]
  readonly truth: Truth
  readonly symbols: Record<string, Record<string, string>>
}

/** Forges a scenario in memory: for tests that need a variant, or no file. */
export const build = (scenario: string | Scenario): Forged => {
  const machine = buildMachine(typeof scenario === 'string' ? scenarioNamed(scenario) : scenario)
  const dump = dumpOf(machine, containers[machine.scenario.container])
  return {
    bytes: dump.bytes,
    pieces: dump.pieces,
    truth: truthOf(machine, dump),
    symbols: symbolsOf(machine),
  }
}

/**
 * Writes the dump of a named scenario to `out`, what is true of it to `out.truth.json`, and the symbol map that
 * `--symbols` takes to `out.symbols.json`. The same scenario gives the same bytes. Throws for an unknown scenario.
 */
export const forge = async (
  scenario: string,
  out: string,
): Promise<{ dump: string; truth: string; symbols: string; bytes: number }> => {
  const forged = build(scenario)
  const paths = { dump: out, truth: `${out}.truth.json`, symbols: `${out}.symbols.json` }
  const file = await open(paths.dump, 'w')
  try {
    for (const piece of forged.pieces) await file.writeFile(piece)
  } finally {
    await file.close()
  }
  await writeFile(paths.truth, `${JSON.stringify(forged.truth, null, 1)}\n`)
  await writeFile(paths.symbols, `${JSON.stringify(forged.symbols, null, 1)}\n`)
  return { ...paths, bytes: forged.bytes }
}
