import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { fileMemory } from '../../functions/cli/upload/state-file.ts'
import type { LinkUpload } from '../../shared/cases/links/upload-api.ts'

const upload: LinkUpload = { uploadId: 'upload_1', partBytes: 5 * 2 ** 20, parts: 3 }
const file = { path: '/dumps/MEMORY.DMP', bytes: 12_000_000, changedAt: 1 }

const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-state-'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    await rm(folder, { recursive: true })
  })
  return folder
}

test('an unfinished upload is remembered for this file and this link, and forgotten when it is done', async () => {
  vi.stubEnv('XDG_STATE_HOME', await emptyFolder())
  const memory = fileMemory('link', file)
  expect(memory.recall()).toBeNull()
  memory.keep(upload)
  expect(fileMemory('link', file).recall()).toEqual(upload)
  expect(fileMemory('another link', file).recall()).toBeNull()
  expect(fileMemory('link', { ...file, changedAt: 2 }).recall()).toBeNull()
  memory.forget()
  expect(memory.recall()).toBeNull()
  memory.forget()
})

test('an empty XDG_STATE_HOME means the home folder', async () => {
  const home = await emptyFolder()
  vi.stubEnv('XDG_STATE_HOME', '')
  vi.stubEnv('HOME', home)
  fileMemory('link', file).keep(upload)
  expect(await readdir(join(home, '.local/state/dumpline/uploads'))).toHaveLength(1)
})

test('where nothing can be written the upload goes on, and says that it cannot be taken up again', async () => {
  const folder = await emptyFolder()
  await writeFile(join(folder, 'no-folder'), '')
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'no-folder'))
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const memory = fileMemory('link', file)
  memory.keep(upload)
  expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/cannot be taken up again once it is interrupted/))
  expect(memory.recall()).toBeNull()
  memory.forget()
})
