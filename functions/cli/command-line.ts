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

export type Command =
  | AnalyzeCommand
  | KdCommand
  | CompareCommand
  | ReprocessCommand
  | { readonly command: 'forge'; readonly scenario: string; readonly out: string }
  | UploadCommand
  | { readonly command: 'help' }
  | { readonly command: 'wrong'; readonly reason: string }

export const usage = `dumpline tells which driver is eating kernel pool, from a Windows kernel crash dump.

  dumpline analyze FILE [--json] [--symbols PATH] [--pooltag FILE] [--full-scan]
      The whole analysis of one dump, as a report or as one JSON document.
      --json            the Analysis document instead of the report
      --markdown        the report as Markdown
      --transcript      with the debugger commands that show the same
      --symbols PATH    a symbol map: { "nt": { "MmPoolFailures": "0xRVA" } }
      --pooltag FILE    a pooltag.txt to look pool tags up in
      --full-scan       scan pool pages whatever the dump's size
  dumpline kd FILE [-c 'CMD; CMD'] [--symbols PATH] [--pooltag FILE]
      Debugger-shaped commands on a dump, interactive without -c; ? lists them.
  dumpline compare FILE FILE... [--json]
      What grew between dumps of one server, as a report or as one JSON document.
  dumpline upload FILE LINK
      Sends a dump through an upload link, https://HOST/upload/TOKEN; the same command resumes it.
  dumpline forge SCENARIO OUT
      A synthetic dump of a named scenario, with its truth and symbol map beside it.
${reprocessUsage}
Exit status: 0 an analysis was made, 1 a defect of dumpline, 2 the command line is wrong, 3 not a dump that can be analysed.
`

const wrong = (reason: string): Command => ({ command: 'wrong', reason })

/** What the arguments ask for; never throws. */
export const parseCommandLine = (args: readonly string[]): Command => {
  const [name, ...rest] = args
  if (name === undefined) return wrong('No command was given.')
  if (name === '--help' || name === '-h' || name === 'help') return { command: 'help' }
  if (name === 'analyze') return parseAnalyze(rest)
  if (name === 'kd') return parseKd(rest)
  if (name === 'compare') return parseCompare(rest)
  if (name === 'upload') return parseUpload(rest)
  if (name === 'forge') return parseForge(rest)
  if (name === 'reprocess') return parseBatchCommand(rest)
  return wrong(`There is no command "${name}".`)
}

const parseAnalyze = (args: string[]): Command => {
  try {
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
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { command: 'help' }
    if (positionals.length !== 1)
      return wrong(`"dumpline analyze" takes one file, and ${positionals.length} were given.`)
    const { 'full-scan': fullScan, help, ...options } = values
    return { command: 'analyze', file: positionals[0], symbols: undefined, pooltag: undefined, ...options, fullScan }
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const parseKd = (args: string[]): Command => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        command: { type: 'string', short: 'c' },
        symbols: { type: 'string' },
        pooltag: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { command: 'help' }
    if (positionals.length !== 1) return wrong(`"dumpline kd" takes one file, and ${positionals.length} were given.`)
    const { command: commands, symbols, pooltag } = values
    return { command: 'kd', file: positionals[0], commands, symbols, pooltag }
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const parseCompare = (args: string[]): Command => {
  try {
    const { values, positionals: files } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { command: 'help' }
    if (files.length < 2) return wrong(`"dumpline compare" takes two files or more, and ${files.length} were given.`)
    return { command: 'compare', files, json: values.json }
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const parseUpload = (args: string[]): Command => {
  try {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    if (positionals.length !== 2) return wrong('"dumpline upload" takes a file and the link you were sent.')
    return { command: 'upload', file: positionals[0], link: positionals[1] }
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const parseForge = (args: string[]): Command => {
  try {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    if (positionals.length !== 2) return wrong('"dumpline forge" takes a scenario and a file to write.')
    return { command: 'forge', scenario: positionals[0], out: positionals[1] }
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const parseBatchCommand = (args: string[]): Command => {
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' }
  try {
    const parsed = parseReprocess(args)
    return typeof parsed === 'string' ? wrong(parsed) : parsed
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

/** parseArgs throws TypeErrors with a readable message for every wrong argument; anything else is a defect. */
const reasonOf = (error: unknown): string => {
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return error.message
  throw error
}
