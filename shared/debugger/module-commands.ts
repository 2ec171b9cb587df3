import type { Module } from '../analysis/module.ts'
import { readFileHeaders } from '../image/file-headers.ts'
import { readImage } from '../image/read-image.ts'
import { displayHeaders } from '../report/image-headers.ts'
import { moduleInfo } from '../report/module-commands.ts'
import { renderModules, renderModulesVerbosely } from '../report/modules.ts'
import { wrongCommand } from './command-error.ts'
import { parseExpression } from './expression.ts'
import { expectEnd } from './range.ts'
import type { Target } from './target.ts'
import { wildcardPattern } from './wildcards.ts'

/** Letters of `lm` that change nothing here: kernel modules, times, paths and names are shown as they are. */
const idleLetters = 'knftosl'

/** `lm`, `lm m PATTERN`, `lm a ADDRESS`, `lmvm NAME` and the like: `letters` are those glued to `lm`. */
export const listModules = async (target: Target, letters: string, rest: string): Promise<string> => {
  const { verbose, pattern, address } = await parseOptions(target, letters, rest)
  const { modules, unloaded, memory, names } = target
  const matches = pattern === null ? () => true : wildcardPattern(pattern)
  const chosen = (module: Module): boolean =>
    address !== null ? names.moduleAt(address) === module : matches(names.nameOf(module)) || matches(module.name)
  const shown = modules.filter(chosen)
  const gone =
    address === null ? unloaded.filter(({ name }) => matches(name) || matches(name.replace(/\.[^.]*$/, ''))) : []
  const filtered = pattern !== null || address !== null
  const note = filtered ? null : target.modulesNote
  return verbose
    ? renderModulesVerbosely(shown, memory.pointerBytes, names.nameOf)
    : renderModules(shown, gone, memory.pointerBytes, note, names.nameOf)
}

type Options = { readonly verbose: boolean; readonly pattern: string | null; readonly address: bigint | null }

const parseOptions = async (target: Target, letters: string, rest: string): Promise<Options> => {
  let [verbose, pattern, address, text] = [false, null as string | null, null as bigint | null, `${letters} ${rest}`]
  for (let option = /^\s*([a-z])/i.exec(text); option !== null; option = /^\s*([a-z])/i.exec(text)) {
    const letter = option[1].toLowerCase()
    text = text.slice(option[0].length)
    if (letter === 'v') verbose = true
    else if (letter === 'm') {
      const word = /^\s*(\S+)\s*$/.exec(text)
      if (word === null) throw wrongCommand('lm m takes one pattern of module names.')
      pattern = word[1]
      text = ''
    } else if (letter === 'a') {
      const cursor = { text, at: 0 }
      address = await parseExpression(cursor, target)
      expectEnd(cursor)
      text = ''
    } else if (!idleLetters.includes(letter))
      throw wrongCommand(`lm has no option '${letter}' here; it knows v, m and a.`)
  }
  if (text.trim() !== '') throw wrongCommand(`Extra character error at '${text.trim().slice(0, 20)}'.`)
  return { verbose, pattern, address }
}

/** `!dh ADDRESS|MODULE`, with `-f` for the headers and `-s` for the sections alone. */
export const showHeaders = async (target: Target, rest: string): Promise<string> => {
  const option = /^\s*-([afs])\s+/i.exec(rest)
  const { base } = await baseOf(target, option === null ? rest : rest.slice(option[0].length))
  const headers = await headersAt(target, base)
  if (headers === null)
    throw wrongCommand(`No image header is (wholly) in the dump at 0x${base.toString(16)}.`, 'lm lists the modules.')
  const whole = displayHeaders(base, headers, target.memory.pointerBytes).output
  const sections = whole.indexOf('\nSECTION HEADER #1')
  const kind = option?.[1].toLowerCase()
  if (sections < 0 || kind === undefined || kind === 'a') return whole
  return kind === 'f' ? whole.slice(0, sections).trimEnd() : whole.slice(sections).trim()
}

/** `!lmi ADDRESS|MODULE`. */
export const showModule = async (target: Target, rest: string): Promise<string> => {
  const { base, module } = await baseOf(target, rest)
  if (module === null) throw wrongCommand(`No loaded module contains 0x${base.toString(16)}.`, 'lm lists the modules.')
  const headers = await headersAt(target, BigInt(module.base))
  return moduleInfo(rest.trim(), module, headers, target.memory.pointerBytes).output
}

/** An image by a name or by any address in it; an address in no listed module is taken for an image's base itself. */
const baseOf = async (target: Target, rest: string): Promise<{ base: bigint; module: Module | null }> => {
  const name = rest.trim()
  if (name === '') throw wrongCommand('An address or the name of a module is missing.')
  const named = target.names.moduleNamed(name)
  if (named !== null) return { base: BigInt(named.base), module: named }
  const cursor = { text: rest, at: 0 }
  const address = await parseExpression(cursor, target)
  expectEnd(cursor)
  const module = target.names.moduleAt(address)
  return { base: module === null ? address : BigInt(module.base), module }
}

const headersAt = async ({ memory }: Target, base: bigint) => {
  const image = await readImage(memory, base)
  return image === null ? null : readFileHeaders(memory, image)
}
