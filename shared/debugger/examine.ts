import { examineSymbol } from '../report/pointer-commands.ts'
import { wrongCommand } from './command-error.ts'
import type { Target } from './target.ts'

const maxLines = 1000

/** `x MODULE!PATTERN`: exports and, with a symbol map, symbols. */
export const examine = async (target: Target, rest: string): Promise<string> => {
  const match = /^\s*(\S+?)!(\S+)\s*$/.exec(rest)
  if (match === null) throw wrongCommand('x takes MODULE!PATTERN, for example x nt!ExAllocatePool*.')
  const [, module, pattern] = match
  const found = await target.names.matching(module, pattern)
  if (found.length === 0) return nothingFound(target, module, pattern)
  const lines = found
    .slice(0, maxLines)
    .map(({ name, address }) => examineSymbol(name, address, target.memory.pointerBytes).output)
  if (found.length > maxLines) lines.push(`(The first ${maxLines} of ${found.length}.)`)
  return lines.join('\n')
}

/** The debugger stays silent; here it is said whether there was anything to look through. */
const nothingFound = async ({ names }: Target, module: string, pattern: string): Promise<string> => {
  const any = await names.matching(module, '*')
  return any.length > 0
    ? `(None of the ${any.length} names known in ${module} matches ${pattern}.)`
    : `(No names are known in ${module}: there is no such module, it exports nothing, or its export table is not in the dump.)`
}
