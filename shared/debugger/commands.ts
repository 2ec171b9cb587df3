import { isTagged } from '../bytes/tagged-error.ts'
import { debuggerAddress } from '../report/debugger-text.ts'
import { wrongCommand } from './command-error.ts'
import { type DisplayKind, displayKinds, displayMemory } from './display-memory.ts'
import { examine } from './examine.ts'
import { type Cursor, parseExpression } from './expression.ts'
import { forEachModule } from './for-each-module.ts'
import { listModules, showHeaders, showModule } from './module-commands.ts'
import { showPageTables } from './page-tables.ts'
import { findPool } from './pool-find.ts'
import { showPoolPage } from './pool-page.ts'
import { showPoolUsed } from './pool-used.ts'
import { expectEnd } from './range.ts'
import { searchCommand } from './search-memory.ts'
import { showBugcheck, showTarget, showVirtualMemory } from './system-commands.ts'
import type { Running, Target } from './target.ts'

type Command = {
  /** Matches the command's name at the start of a line; what it captures is handed to `run`. */
  readonly name: RegExp
  readonly usage: string
  readonly help: string
  readonly run: (target: Target, rest: string, captured: string, running: Running) => Promise<string>
}

const cursorAt = (text: string): Cursor => ({ text, at: 0 })
const displayName = new RegExp(`^d(${[...displayKinds].sort((a, b) => b.length - a.length).join('|')})(?![\\w!])`)

/** Order matters only to the help. */
const commands: readonly Command[] = [
  {
    name: /^vertarget\b/,
    usage: 'vertarget',
    help: 'which Windows crashed, when, and how long it had been up',
    run: showTarget,
  },
  { name: /^\.bugcheck\b/, usage: '.bugcheck', help: 'the stop code and its four parameters', run: showBugcheck },
  {
    name: /^lm([a-z]*)(?![\w!])/i,
    usage: 'lm [m PATTERN | a ADDRESS], lmvm NAME',
    help: 'loaded and unloaded modules; lmvm tells all that is known of one',
    run: (target, rest, letters) => listModules(target, letters, rest),
  },
  { name: /^!vm\b/, usage: '!vm', help: 'memory and pool usage against their limits', run: showVirtualMemory },
  {
    name: /^!poolused\b/,
    usage: '!poolused [/tN] [FLAGS] [TAG]',
    help: 'pool by tag; flags: 1 with allocations and frees, 2 by nonpaged bytes, 4 by paged bytes; /t the first N',
    run: showPoolUsed,
  },
  {
    name: /^x(?=\s|$)/,
    usage: 'x MODULE!PATTERN',
    help: 'exports and symbols by name, with * and ?: x nt!ExAllocatePool*',
    run: examine,
  },
  {
    name: /^s\s*-([dq])(?![\w!])/,
    usage: 's-d START END VALUE, s-q START L COUNT VALUE',
    help: 'words of 4 or 8 bytes that hold a value',
    run: (target, rest, letter, running) => searchCommand(target, cursorAt(rest), letter === 'd' ? 4 : 8, running),
  },
  {
    name: /^!for_each_module\b/,
    usage: '!for_each_module COMMAND',
    help: 'a command for each module, as in !for_each_module s-d @#Base @#End VALUE; also @#Size, @#ModuleName',
    run: (target, rest, _, running) =>
      forEachModule(target, rest.trim(), running, async (line) => (await runCommand(target, line, running)).output),
  },
  {
    name: displayName,
    usage: 'dps | dd | dq | db | dw | dc | da | du ADDRESS [L COUNT | END]',
    help: 'memory as words with names, numbers, bytes, text; ???????? is not in the dump',
    run: (target, rest, kind) => displayMemory(target, kind as DisplayKind, cursorAt(rest)),
  },
  {
    name: /^!dh\b/,
    usage: '!dh [-f|-s] ADDRESS|MODULE',
    help: "an image's headers, directories and sections",
    run: showHeaders,
  },
  { name: /^!lmi\b/, usage: '!lmi ADDRESS|MODULE', help: 'the module that an address belongs to', run: showModule },
  {
    name: /^!pool\b/,
    usage: '!pool ADDRESS',
    help: 'the pool blocks of the page around an address',
    run: (target, rest) => showPoolPage(target, cursorAt(rest)),
  },
  {
    name: /^!poolfind\b/,
    usage: '!poolfind TAG [1]',
    help: 'where the blocks of a tag are, nonpaged or (1) paged; looks through the whole dump',
    run: (target, rest, _, running) => findPool(target, rest, running),
  },
  {
    name: /^!pte\b/,
    usage: '!pte ADDRESS',
    help: 'the page table entries that map an address',
    run: (target, rest) => showPageTables(target, cursorAt(rest)),
  },
  {
    name: /^\?/,
    usage: '?, ? EXPRESSION',
    help: 'this help; the value of nt!ExAllocatePool+0n16, poi(ADDRESS) and the like: numbers are hexadecimal',
    run: (target, rest) => (rest.trim() === '' ? Promise.resolve(help()) : evaluate(target, rest)),
  },
]

const help = (): string => {
  const width = 34
  const lines = [...commands, { usage: 'q', help: 'quit' }].map(({ usage, help }) =>
    usage.length < width ? `${usage.padEnd(width)}${help}` : `${usage}\n${' '.repeat(width)}${help}`,
  )
  return lines.join('\n')
}

/** `? EXPRESSION`, shown signed and as an address, as the debugger does. */
const evaluate = async (target: Target, rest: string): Promise<string> => {
  const cursor = cursorAt(rest)
  const value = await parseExpression(cursor, target)
  expectEnd(cursor)
  const width = target.memory.pointerBytes
  return `Evaluate expression: ${BigInt.asIntN(width * 8, value)} = ${debuggerAddress(value, width)}`
}

/** A command's output; `failed` when it could not be run, and `output` says why. */
export type CommandResult = { readonly output: string; readonly failed: boolean }

/**
 * Runs one command line. What is wrong with the line, or cannot be had from this dump, is told in the output; rejects only
 * for a defect or when reading fails.
 */
export const runCommand = async (target: Target, line: string, running: Running): Promise<CommandResult> => {
  const text = line.trim()
  if (text === '' || text.startsWith('*')) return { output: '', failed: false }
  try {
    for (const { name, run } of commands) {
      const match = name.exec(text)
      if (match === null) continue
      const output = await run(target, text.slice(match[0].length), match[1] ?? '', running)
      return { output, failed: false }
    }
    const word = /^\S+/.exec(text)?.[0] ?? text
    throw wrongCommand(`There is no command '${word}' here.`)
  } catch (error) {
    if (!isTagged(error) || error.tag === 'short-read') throw error
    return { output: `${error.message} ${error.advice}`, failed: true }
  }
}

/** The commands of a line: they are parted by semicolons, except within quotation marks. */
export const splitCommands = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|[^;"]|")+/g) ?? []).map((command) => command.trim()).filter((command) => command !== '')
