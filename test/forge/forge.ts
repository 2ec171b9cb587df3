import { open, writeFile } from 'node:fs/promises'
import { buildMachine } from './machine/machine.ts'
import type { Scenario } from './scenario.ts'
import { healthy } from './scenarios/healthy.ts'
import { depletion2008 } from './scenarios/nonpaged-depletion-2008.ts'
import { depletionPae } from './scenarios/nonpaged-depletion-pae.ts'
import { depletionX64 } from './scenarios/nonpaged-depletion-x64.ts'
import { tinyPae, tinyX64, tinyX86 } from './scenarios/tiny.ts'
import { symbolsOf, type Truth, truthOf } from './truth.ts'

const scenarios: readonly Scenario[] = [depletion2008, depletionPae, depletionX64, healthy, tinyX86, tinyPae, tinyX64]

/** The scenarios `forge` knows. */
export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name)

/** A scenario by name; throws when there is none, naming those there are. */
export const scenarioNamed = (name: string): Scenario => {
  const scenario = scenarios.find((known) => known.name === name)
  if (scenario === undefined)
    throw new Error(`There is no scenario "${name}"; the forge knows ${scenarioNames.join(', ')}.`)
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
  return {
    bytes: machine.dump.bytes,
    pieces: machine.dump.pieces,
    truth: truthOf(machine),
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
