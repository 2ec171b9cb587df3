import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the command line keeps what it remembers: in the user's folder for state, as the XDG base directories have it. */
export const stateFolder = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'dumpline')
