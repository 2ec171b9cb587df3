import { runCommand, splitCommands } from '../../../shared/debugger/commands.ts'
import type { Running, Target } from '../../../shared/debugger/target.ts'
import { printable } from '../../../shared/report/printable.ts'

/** What stands before each command, as the debugger has it: the crashing processor where there are several. */
export const promptOf = ({ processor, header }: Pick<Target, 'processor' | 'header'>): string =>
  processor === null || header.processors === 1 ? 'kd> ' : `${processor}: kd> `

const quitting = /^(?:q|qq|qd|quit|exit)$/

/** What became of a line: whether a command of it could not be run, and whether one asks to end. */
export type LineResult = { readonly failed: boolean; readonly quit: boolean }

/** Runs the commands of a line and prints what they say, with `echo` the commands too. */
export const runLine = async (target: Target, line: string, running: Running, echo: boolean): Promise<LineResult> => {
  let failed = false
  for (const command of splitCommands(line)) {
    if (echo) process.stdout.write(`${promptOf(target)}${printable(command)}\n`)
    if (quitting.test(command)) return { failed, quit: true }
    const result = await runCommand(target, command, running)
    failed ||= result.failed
    if (result.output !== '') process.stdout.write(`${printable(result.output)}\n`)
    if (running.stopped()) break
  }
  return { failed, quit: false }
}
