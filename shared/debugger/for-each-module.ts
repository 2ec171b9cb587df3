import { wrongCommand } from './command-error.ts'
import { parseSearch, type Search, type SearchFound, searchLines, searchMemory, searchNotes } from './search-memory.ts'
import { type Running, stoppedNote, type Target } from './target.ts'

/** Runs one command line; how `!for_each_module` runs what stands behind it. */
export type RunLine = (line: string) => Promise<string>

const maxHits = 1000
const maxLines = 2000
const searchPattern = /^s\s*-([dq])\s+(.*)$/

/**
 * `!for_each_module COMMAND`: the command once for each loaded module, its aliases replaced by the module's base, end,
 * size and names. A search is told as one: all its hits, then how much of all modules could not be looked at.
 */
export const forEachModule = async (
  target: Target,
  command: string,
  running: Running,
  runLine: RunLine,
): Promise<string> => {
  if (command === '') throw wrongCommand('The command to run for each module is missing.')
  if (/^!for_each_module\b/.test(command)) throw wrongCommand('!for_each_module cannot run itself.')
  return searchPattern.test(command) ? searchAll(target, command, running) : runAll(target, command, running, runLine)
}

const searchAll = async (target: Target, command: string, running: Running): Promise<string> => {
  const lines: string[] = []
  const all = { hits: [] as SearchFound['hits'][number][], searchedBytes: 0n, absentBytes: 0n, more: false }
  let wanted = 0n
  for (const [index] of target.modules.entries()) {
    const [, letter, text] = searchPattern.exec(aliased(target, command, index))!
    const search: Search = await parseSearch({ text, at: 0 }, target, letter === 'd' ? 4 : 8)
    wanted += search.bytes
    if (all.more || running.stopped()) continue
    const found = await searchMemory(target, search, running, maxHits - all.hits.length)
    all.hits.push(...found.hits)
    all.searchedBytes += found.searchedBytes
    all.absentBytes += found.absentBytes
    all.more = found.more
    lines.push(
      ...searchLines(
        { ...found, more: false, absentBytes: 0n },
        { ...search, bytes: found.searchedBytes },
        target.memory.pointerBytes,
      ),
    )
  }
  return [...lines, ...searchNotes(all, wanted)].join('\n')
}

const runAll = async (target: Target, command: string, running: Running, runLine: RunLine): Promise<string> => {
  const lines: string[] = []
  for (const [index] of target.modules.entries()) {
    if (running.stopped()) return [...lines, stoppedNote].join('\n')
    const output = await runLine(aliased(target, command, index))
    if (output !== '') for (const line of output.split('\n')) lines.push(line)
    if (lines.length > maxLines) return [...lines.slice(0, maxLines), `(Ended after ${maxLines} lines.)`].join('\n')
  }
  return lines.join('\n')
}

/** The command with the aliases of one module in place (documentation, "!for_each_module"). */
const aliased = ({ modules, names, memory }: Target, command: string, index: number): string => {
  const module = modules[index]
  const base = BigInt(module.base)
  const end = BigInt.asUintN(memory.pointerBytes * 8, base + BigInt(module.size))
  const values: Readonly<Record<string, string>> = {
    base: base.toString(16),
    end: end.toString(16),
    size: module.size.toString(16),
    modulename: names.nameOf(module),
    imagename: module.path ?? module.name,
    loadedimagename: module.path ?? module.name,
    moduleindex: index.toString(16),
  }
  return command.replace(/(?:\$\{)?@#(\w+)\}?/g, (text, name: string) => values[name.toLowerCase()] ?? text)
}
