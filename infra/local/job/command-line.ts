import { parseArgs } from 'node:util'

export type StartOptions = {
  /** The dump to analyse; null for the forged one of 2008. */
  readonly file: string | null
  readonly port: number
  readonly dataDir: string
  readonly open: boolean
  readonly exit: boolean
}

export const usage = `npm start [-- FILE] [--port N] [--data DIR] [--no-open] [--exit]

  FILE        a Windows kernel crash dump; without it, the forged dump of the case of 2008
  --port N    the portal's port (S3 and the identity provider take the next two); default 4747
  --data DIR  where everything is kept; default .dumpline
  --no-open   do not open the portal in a browser
  --exit      end after the headline instead of leaving the portal running; status 0 when an analysis was made,
              3 when the file is not a dump that can be analysed
`

/** A command line that cannot be understood. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** What `npm start` is asked for; null for help. Throws WrongUse with a sentence that says what is wrong. */
export const parseCommandLine = (args: readonly string[]): StartOptions | null => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '4747' },
        data: { type: 'string', default: '.dumpline' },
        'no-open': { type: 'boolean', default: false },
        exit: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return null
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_533)
      throw new WrongUse(`--port must be from 0 to 65533, and is ${values.port}.`)
    if (positionals.length > 1) throw new WrongUse('Only one FILE can be given.')
    return {
      file: positionals[0] ?? null,
      port,
      dataDir: values.data,
      open: !values['no-open'] && !values.exit,
      exit: values.exit,
    }
  } catch (error) {
    if (error instanceof WrongUse) throw error
    throw new WrongUse((error as Error).message)
  }
}
