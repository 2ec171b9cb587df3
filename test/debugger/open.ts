import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { runCommand } from '../../shared/debugger/commands.ts'
import type { Target } from '../../shared/debugger/target.ts'
import { openTarget } from '../../shared/stages/open-target.ts'
import type { SymbolMap } from '../../shared/symbols/symbol-map.ts'
import { build, type Forged } from '../forge/forge.ts'

export const openBytes = async (file: Uint8Array | ByteSource, symbols?: SymbolMap): Promise<Target> => {
  const opening = await openTarget(file instanceof Uint8Array ? bufferSource(file) : file, { symbols })
  if (opening.target === null) throw new Error(opening.refusal.message)
  return opening.target
}

/** A forged machine with its symbols as the commands see it, and what is true of it. */
export const openForged = async (scenario: string): Promise<{ target: Target; forged: Forged }> => {
  const forged = build(scenario)
  return { target: await openBytes(Buffer.concat(forged.pieces), forged.symbols), forged }
}

export const never = { stopped: () => false }

/** What a command prints; throws when it could not be run. */
export const run = async (target: Target, line: string): Promise<string> => {
  const { output, failed } = await runCommand(target, line, never)
  if (failed) throw new Error(output)
  return output
}

/** What a command that cannot be run says. */
export const refuse = async (target: Target, line: string): Promise<string> => {
  const { output, failed } = await runCommand(target, line, never)
  if (!failed) throw new Error(`${line} was run: ${output}`)
  return output
}
