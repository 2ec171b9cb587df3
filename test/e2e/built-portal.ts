import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

export type BuiltPortal = { readonly folder: string; readonly remove: () => void }

/** Builds the portal as it is delivered, into a folder of its own. */
export const buildPortal = async (): Promise<BuiltPortal> => {
  const folder = mkdtempSync(join(tmpdir(), 'dumpline-portal-'))
  const root = join(import.meta.dirname, '../../functions/portal')
  const configFile = join(root, 'vite.config.ts')
  await build({ configFile, logLevel: 'error', build: { outDir: folder } })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
