import { parseArgs } from 'node:util'
import { parseReprocess, type ReprocessCommand, reprocessUsage } from './reprocess/command-line.ts'
import type { UploadCommand } from './upload/upload.ts'

export type AnalyzeCommand = {
  readonly command: 'analyze'
  readonly file: string
  readonly json: boolean
  readonly markdown: boolean
  readonly transcript: boolean
  readonly symbols: string | undefined
  readonly pooltag: string | undefined
  readonly fullScan: boolean
}

export type CompareCommand = { readonly command: 'compare'; readonly files: readonly string[]; readonly json: boolean }

export type KdCommand = {
  readonly command: 'kd'
  readonly file: string
  /** Commands to run instead of asking for them. */
  readonly commands: string | undefined
  readonly symbols: string | undefined
  readonly pooltag: string | undefined
}

export type ForgeCommand = { readonly command: 'forge'; readonly scenario: string; readonly out: string }

type Runnable = AnalyzeCommand | KdCommand | CompareCommand | UploadCommand | ForgeCommand | ReprocessCommand
type Name = Runnable['command']

/** `about`: the command in question, null when it is none of them. */
export type Command =
  | Runnable
  | { readonly command: 'help'; readonly about: Name | null }
  | { readonly command: 'wrong'; readonly about: Name | null; readonly reason: string }

const usages: Readonly<Record<Name, string>> = {
  analyze: `  dumpline analyze FILE [--json | --markdown] [--transcript] [--symbols PATH] [--pooltag FILE] [--full-scan]
      The whole analysis of one dump, as a report or as one JSON document.
      --json            the Analysis document instead of the report
      --markdown        the report as Markdown
      --transcript      with the debugger commands that show the same
      --symbols PATH    a symbol map: { "nt": { "MmPoolFailures": "0xRVA" } }
      --pooltag FILE    a pooltag.txt to look pool tags up in
      --full-scan       scan pool pages whatever the dump's size
`,
  kd: `  dumpline kd FILE [-c 'CMD; CMD'] [--symbols PATH] [--pooltag FILE]
      Debugger-shaped commands on a dump, interactive without -c; ? lists them.
`,
  compare: `  dumpline compare FILE FILE... [--json]
      What grew between dumps of one server, as a report or as one JSON document.
`,
  upload: `  dumpline upload FILE LINK
      Sends a dump through an upload link, https://HOST/upload/TOKEN; the same command resumes it.
`,
  forge: `  dumpline forge SCENARIO[:CONTAINER] OUT
      A synthetic dump of a named scenario, with its truth and symbol map beside it.
      A name that is not known is answered with those that are.
`,
  reprocess: reprocessUsage,
}

/** How one command is used; how all are where none is named. */
export const usageOf = (about: Name | null): string => `${
  about === null
    ? `dumpline tells which driver is eating kernel pool, from a Windows kernel crash dump.\n\n${Object.values(usages).join('')}`
    : usages[about]
}
Exit status: 0 done, whatever was found; 1 a defect of dumpline, or the API refuses; 2 the command line is wrong;
3 not a dump that can be analysed.
`

const isName = (text: string): text is Name => Object.hasOwn(usages, text)
const isHelp = (text: string): boolean => text === '--help' || text === '-h'

/** What the arguments ask for; never throws. */
export const parseCommandLine = (args: readonly string[]): Command => {
  const [name, ...rest] = args
  if (name === undefined) return { command: 'wrong', about: null, reason: 'No command was given.' }
  if (isHelp(name) || name === 'help') return { command: 'help', about: rest.find(isName) ?? null }
  if (!isName(name)) return { command: 'wrong', about: null, reason: `There is no command "${name}".` }
  if (rest.some(isHelp)) return { command: 'help', about: name }
  try {
    const parsed = parsers[name](rest)
    return typeof parsed === 'string' ? { command: 'wrong', about: name, reason: parsed } : parsed
  } catch (error) {
    return { command: 'wrong', about: name, reason: reasonOf(error) }
  }
}

const parseAnalyze = (args: string[]): AnalyzeCommand | string => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      transcript: { type: 'boolean', default: false },
      symbols: { type: 'string' },
      pooltag: { type: 'string' },
      'full-scan': { type: 'boolean', default: false },
    },
  })
  if (positionals.length !== 1) return `"dumpline analyze" takes one file, and ${positionals.length} were given.`
  const { 'full-scan': fullScan, ...options } = values
  return { command: 'analyze', file: positionals[0], symbols: undefined, pooltag: undefined, ...options, fullScan }
}

const parseKd = (args: string[]): KdCommand | string => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { command: { type: 'string', short: 'c' }, symbols: { type: 'string' }, pooltag: { type: 'string' } },
  })
  if (positionals.length !== 1) return `"dumpline kd" takes one file, and ${positionals.length} were given.`
  const { command: commands, symbols, pooltag } = values
  return { command: 'kd', file: positionals[0], commands, symbols, pooltag }
}

const parseCompare = (args: string[]): CompareCommand | string => {
  const options = { json: { type: 'boolean', default: false } } as const
  const { values, positionals: files } = parseArgs({ args, allowPositionals: true, options })
  if (files.length < 2) return `"dumpline compare" takes two files or more, and ${files.length} were given.`
  return { command: 'compare', files, json: values.json }
}

const parseUpload = (args: string[]): UploadCommand | string => {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
  if (positionals.length !== 2) return '"dumpline upload" takes a file and the link you were sent.'
  return { command: 'upload', file: positionals[0], link: positionals[1] }
}

const parseForge = (args: string[]): ForgeCommand | string => {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
  if (positionals.length !== 2) return '"dumpline forge" takes a scenario and a file to write.'
  return { command: 'forge', scenario: positionals[0], out: positionals[1] }
}

/** Each gives its command, or a sentence what is wrong with the arguments; `parseArgs` throws where one is not known. */
const parsers: Readonly<Record<Name, (args: string[]) => Runnable | string>> = {
  analyze: parseAnalyze,
  kd: parseKd,
  compare: parseCompare,
  upload: parseUpload,
  forge: parseForge,
  reprocess: parseReprocess,
}

/** parseArgs throws TypeErrors with a readable message for every wrong argument; anything else is a defect. */
const reasonOf = (error: unknown): string => {
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return error.message
  throw error
}
