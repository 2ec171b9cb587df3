/** dynalite is CommonJS without types: an HTTP server over a LevelDB folder. */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  export default function dynalite(options: {
    /** The LevelDB folder. */
    path?: string
    createTableMs?: number
    deleteTableMs?: number
    updateTableMs?: number
  }): Server
}
