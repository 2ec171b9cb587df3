import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { portalServer } from '../../../infra/local/http/portal.ts'

const openFiles = async (): Promise<number> => (await readdir('/dev/fd')).length

test('a file is closed again when whoever asked for it is gone before it is sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-portal-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  const serve = portalServer(folder, 'http://storage', 'http://identity')
  const ends: string[] = []
  const server = createServer(async (_request, response) => {
    response.destroy()
    await serve('GET', '/', response).catch((error: NodeJS.ErrnoException) => ends.push(error.code ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const before = await openFiles()
  const times = 30
  for (let time = 0; time < times; time++) await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
  await expect.poll(() => ends).toEqual(Array(times).fill('ERR_STREAM_UNABLE_TO_PIPE'))
  expect((await openFiles()) - before).toBeLessThan(times / 2)
  server.close()
  await rm(folder, { recursive: true })
})
