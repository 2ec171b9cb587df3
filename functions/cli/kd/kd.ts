import { openTarget } from '../../../shared/stages/open-target.ts'
import { sayRefused } from '../analyze.ts'
import type { KdCommand } from '../command-line.ts'
import { exitStatus } from '../exit-status.ts'
import { openDumpFile, readSymbols, readText } from '../input-files.ts'
import { runLine } from './run-line.ts'
import { converse } from './session.ts'

/** `dumpline kd`: runs the commands given, or asks for them one after another. Returns the exit status. */
export const kdCommand = async (command: KdCommand): Promise<number> => {
  const symbols = command.symbols === undefined ? undefined : await readSymbols(command.symbols)
  const pooltag = command.pooltag === undefined ? undefined : await readText(command.pooltag)
  await using source = await openDumpFile(command.file)
  const opening = await openTarget(source, { symbols, pooltag })
  if (opening.target === null) {
    sayRefused(opening.refusal)
    return exitStatus.notADump
  }
  if (command.commands === undefined) {
    await converse(opening.target, opening.notes)
    return exitStatus.analysed
  }
  // A command that cannot be run as it stands is a wrong command line; the others are run all the same.
  const { failed } = await runLine(opening.target, command.commands, { stopped: () => false }, true)
  return failed ? exitStatus.wrongUse : exitStatus.analysed
}
