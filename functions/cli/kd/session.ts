import { createInterface, type Interface } from 'node:readline/promises'
import { runCommand } from '../../../shared/debugger/commands.ts'
import type { Target } from '../../../shared/debugger/target.ts'
import { printable } from '../../../shared/report/printable.ts'
import { historyLines, readHistory, saveHistory } from './history.ts'
import { promptOf, runLine } from './run-line.ts'

/**
 * Asks for commands until there are no more. At a terminal lines can be edited and earlier ones called back; Ctrl-C
 * abandons a line or stops a command, Ctrl-D ends. From a pipe each command is printed before its output.
 */
export const converse = async (target: Target, notes: readonly string[]): Promise<void> => {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  if (terminal) await welcome(target, notes)
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal,
    prompt: terminal ? promptOf(target) : '',
    history: terminal ? await readHistory() : [],
    historySize: historyLines,
    removeHistoryDuplicates: true,
  })
  let history: readonly string[] | null = null
  // Known to Node, and missing from its types.
  ;(lines as Interface & { on(event: 'history', listener: (lines: string[]) => void): Interface }).on(
    'history',
    (kept) => {
      history = [...kept]
    },
  )
  let [busy, stopped, closed] = [false, false, false]
  lines.on('close', () => {
    closed = true
  })
  lines.on('SIGINT', () => {
    if (busy) stopped = true
    else abandon(lines)
  })
  lines.prompt()
  for await (const line of lines) {
    busy = true
    stopped = false
    const { quit } = await runLine(target, line, { stopped: () => stopped }, !terminal)
    busy = false
    if (quit) break
    // The input may have ended while the command ran; what it had left is still handed out.
    if (!closed) lines.prompt()
  }
  lines.close()
  if (terminal && history !== null) await saveHistory(history)
}

const welcome = async (target: Target, notes: readonly string[]): Promise<void> => {
  const { output } = await runCommand(target, 'vertarget', { stopped: () => false })
  process.stdout.write(`${printable([output, ...notes, 'Type ? for the commands, q to quit.'].join('\n'))}\n`)
}

const abandon = (lines: Interface): void => {
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
  process.stdout.write('^C\n')
  lines.prompt()
}
