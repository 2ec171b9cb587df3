import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uploadCommands } from '../../functions/portal/upload-links/upload-commands.ts'
import { missing } from '../missing.ts'
import { startUploadStack, type UploadStack } from './upload-stack.ts'

const program = join(import.meta.dirname, '../../functions/cli/dumpline.ts')
const mebibyte = 2 ** 20
let stack: UploadStack
beforeAll(async () => {
  stack = await startUploadStack(() => {})
})
afterAll(() => stack?.stop())

const fileOf = async (bytes: number) => {
  const path = join(stack.folder, 'MEMORY.DMP')
  const content = randomBytes(bytes)
  content.write('PAGEDU64', 0, 'latin1')
  await writeFile(path, content)
  return { path, sha256: createHash('sha256').update(content).digest('hex') }
}

type Run = ChildProcess & { readonly said: () => string }

const dumpline = (...args: string[]): Run => started([], args)

const started = (nodeOptions: string[], args: string[]): Run => {
  const env = { ...process.env, XDG_STATE_HOME: join(stack.folder, 'state') }
  const child = spawn(process.execPath, [...nodeOptions, program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  })
  let text = ''
  child.stderr!.on('data', (chunk) => {
    text += chunk
  })
  return Object.assign(child, { said: () => text })
}
const exitOf = async (child: ChildProcess): Promise<unknown> => (await once(child, 'close'))[0]

/** Counts the parts that arrived and says so at the end; with `mostParts`, the process is killed when so many have. */
const countParts = (mostParts = Infinity): string[] => {
  const script = `
    const { fetch } = globalThis
    let parts = 0
    globalThis.fetch = async (resource, options) => {
      const response = await fetch(resource, options)
      if (options?.method === 'PUT' && ++parts >= ${mostParts}) process.kill(process.pid, 'SIGKILL')
      return response
    }
    process.once('exit', () => process.stderr.write(parts + ' parts were sent.'))`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

test('dumpline upload sends a file through a link; killed in the middle, the same command goes on', async () => {
  const { path, sha256 } = await fileOf(60 * mebibyte + 7)
  const { caseId, address } = await stack.openLink()
  const dumps = async () => (await stack.detail(caseId)).dumps
  const first = started(countParts(3), ['upload', path, address])
  await once(first, 'close')
  expect(first.signalCode).toBe('SIGKILL')
  expect(await dumps()).toMatchObject([{ dump: { status: 'uploading' } }])

  const second = started(countParts(), ['upload', path, address])
  expect([await exitOf(second), second.said()]).toEqual([0, expect.stringMatching(/to Example Support Ltd/)])
  expect(Number(/(\d+) parts were sent/.exec(second.said())?.[1])).toBeLessThanOrEqual(5)
  expect(await dumps()).toMatchObject([{ dump: { fileName: 'MEMORY.DMP', status: 'uploaded' } }])
  expect(await stack.storedSha256(caseId)).toBe(sha256)
})

test('a link that is not open, a text that is no link, and a file that is not there are told in a sentence', async () => {
  const { path } = await fileOf(100)
  const closed = dumpline('upload', path, `${stack.stack.origins.http}/upload/${'A'.repeat(43)}`)
  expect([await exitOf(closed), closed.said()]).toEqual([2, expect.stringMatching(/does not exist, was revoked or/)])
  const nonsense = dumpline('upload', path, 'https://example.com/')
  expect([await exitOf(nonsense), nonsense.said()]).toEqual([2, expect.stringMatching(/https:\/\/HOST\/upload\/TOKEN/)])
  const absent = dumpline('upload', `${path}.not`, (await stack.openLink()).address)
  expect([await exitOf(absent), absent.said()]).toEqual([2, expect.stringMatching(/no such file/)])
})

const isThere = (name: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)))
const noCurl = missing('curl or openssl (Debian packages of these names)', isThere('curl') && isThere('openssl'))

test.skipIf(noCurl)('the commands that the page shows for curl send a dump, with its checksum', async () => {
  const { path, sha256 } = await fileOf(mebibyte + 3)
  const { caseId, address } = await stack.openLink()
  const token = address.split('/').at(-1)!
  const { text } = uploadCommands(stack.stack.origins.http, token).find(({ title }) => title.startsWith('curl'))!
  await promisify(execFile)('bash', ['-euc', text.replace('f=MEMORY.DMP', `f=${path}`)])
  const hasArrived = async () => (await stack.detail(caseId)).dumps[0]?.dump.status === 'uploaded'
  while (!(await hasArrived())) await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await stack.storedSha256(caseId)).toBe(sha256)
  expect((await stack.detail(caseId)).dumps[0].dump.fileName).toBe('MEMORY.DMP')
})
