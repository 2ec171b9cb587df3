import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { LinkUpload } from '../../../shared/cases/links/upload-api.ts'
import type { UploadMemory } from '../../../shared/upload/upload-session.ts'

/** What a file is known by without reading it. */
export type Fingerprint = { readonly path: string; readonly bytes: number; readonly changedAt: number }

const folder = (): string =>
  join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'dumpline', 'uploads')

/**
 * Remembers an unfinished upload of this very file through this link, so that the same command takes it up again. The
 * link's token is not kept, only a hash that names the file it is kept in. Without a place to write, nothing is
 * remembered.
 */
export const fileMemory = (link: string, { path, bytes, changedAt }: Fingerprint): UploadMemory => {
  const name = createHash('sha256')
    .update(JSON.stringify([link, path, bytes, changedAt]))
    .digest('hex')
  const file = join(folder(), `${name}.json`)
  return {
    recall: () => {
      try {
        return LinkUpload.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch {
        // Never written, or by another version: the upload starts anew.
        return null
      }
    },
    keep: (upload) => {
      try {
        mkdirSync(folder(), { recursive: true, mode: 0o700 })
        writeFileSync(file, JSON.stringify(upload), { mode: 0o600 })
      } catch {
        // The upload itself goes on; it only cannot be taken up by another run.
      }
    },
    forget: () => rmSync(file, { force: true }),
  }
}
