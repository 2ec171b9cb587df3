import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LinkUpload } from '../../../shared/cases/links/upload-api.ts'
import type { UploadMemory } from '../../../shared/upload/upload-session.ts'
import { stateFolder } from '../state-folder.ts'

/** What a file is known by without reading it. */
export type Fingerprint = { readonly path: string; readonly bytes: number; readonly changedAt: number }

/**
 * Remembers an unfinished upload of this very file through this link, so that the same command takes it up again. The
 * link's token is not kept, only a hash that names the file it is kept in. Without a place to write, nothing is
 * remembered; that is said, and the upload goes on.
 */
export const fileMemory = (link: string, { path, bytes, changedAt }: Fingerprint): UploadMemory => {
  const name = createHash('sha256')
    .update(JSON.stringify([link, path, bytes, changedAt]))
    .digest('hex')
  const file = join(stateFolder(), 'uploads', `${name}.json`)
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
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
        writeFileSync(file, JSON.stringify(upload), { mode: 0o600 })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        process.stderr.write(`dumpline: this upload cannot be taken up again once it is interrupted: ${reason}\n`)
      }
    },
    forget: () => {
      if (existsSync(file)) rmSync(file)
    },
  }
}
