import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback, PortTaken } from '../../../infra/local/endpoints/loopback.ts'
import { cached, removeOthers } from '../../../infra/local/job/cached.ts'
import { parseCommandLine, WrongUse } from '../../../infra/local/job/command-line.ts'
import { contentHash } from '../../../infra/local/job/content-hash.ts'
import { bytesText, stageLine } from '../../../infra/local/job/print.ts'
import { temporaryFolder } from './support/stack.ts'

const start = join(import.meta.dirname, '../../../infra/local/start.ts')

test('the command line is understood', () => {
  expect(parseCommandLine([])).toEqual({ file: null, port: 4747, dataDir: '.dumpline', open: true, exit: false })
  expect(parseCommandLine(['a.dmp', '--port', '8080', '--data', 'x', '--no-open'])).toEqual({
    file: 'a.dmp',
    port: 8080,
    dataDir: 'x',
    open: false,
    exit: false,
  })
  expect(parseCommandLine(['--exit'])).toMatchObject({ exit: true, open: false })
  expect(parseCommandLine(['--help'])).toBeNull()
  for (const wrong of [['--port', 'x'], ['--port', '65535'], ['a', 'b'], ['--what']])
    expect(() => parseCommandLine(wrong)).toThrow(WrongUse)
})

test('a hash changes with the content and the names of its inputs, and with nothing else', async () => {
  const root = await temporaryFolder()
  await mkdir(join(root, 'src/node_modules'), { recursive: true })
  await mkdir(join(root, 'src/other'))
  await writeFile(join(root, 'src/a.ts'), 'a')
  const hash = () => contentHash(root, ['src'], ['src/other'])
  const first = await hash()
  await writeFile(join(root, 'src/node_modules/x'), 'x')
  await writeFile(join(root, 'src/other/x'), 'x')
  await writeFile(join(root, 'src/.swp'), 'x')
  expect(await hash()).toBe(first)
  await writeFile(join(root, 'src/a.ts'), 'b')
  const second = await hash()
  expect(second).not.toBe(first)
  await rm(join(root, 'src/a.ts'))
  await writeFile(join(root, 'src/b.ts'), 'b')
  expect(await hash()).not.toBe(second)
})

test('what is cached is made once for each hash, and never left half made', async () => {
  const parent = join(await temporaryFolder(), 'cache')
  const make = (text: string) => (folder: string) => writeFile(join(folder, 'made'), text)
  const failing = async (folder: string) => {
    await make('half')(folder)
    throw new Error('interrupted')
  }
  await expect(cached(parent, 'one', failing)).rejects.toThrow('interrupted')
  expect((await cached(parent, 'one', make('1'))).milliseconds).not.toBeNull()
  expect((await cached(parent, 'one', failing)).milliseconds).toBeNull()
  const two = await cached(parent, 'two', make('2'))
  expect(await readdir(parent)).toContain('one')
  await removeOthers(two)
  expect(await readdir(parent)).toEqual(['two'])
})

test('of two that make the same at once the first one stays', async () => {
  const parent = join(await temporaryFolder(), 'cache')
  const overtaken = async (folder: string) => {
    await writeFile(join(folder, 'made'), 'late')
    await mkdir(join(parent, 'one'))
    await writeFile(join(parent, 'one', 'made'), 'first')
  }
  const { folder } = await cached(parent, 'one', overtaken)
  expect(await readFile(join(folder, 'made'), 'utf8')).toBe('first')
  expect(await readdir(parent)).toEqual(['one'])
})

test('bytes are written for people', () => {
  expect([0, 999, 1000, 1_234_567, 3.2e9].map(bytesText)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB', '3.2 GB'])
})

test('a stage is told with its time and what it read, a skipped one with its reason', () => {
  const common = { dumpId: 'd', analysisId: 'a', attempt: 1, stage: 'pool' as const }
  const cost = { bytesRead: 156_900_000, reads: 10, milliseconds: 99_000, peakMemoryBytes: 1 }
  const times = { startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:03.600Z' }
  const done = stageLine({ ...common, ...times, status: 'done', cost, note: null })
  expect(done).toBe('  pool      3.6 s, 156.9 MB read')
  const untimed = { startedAt: null, finishedAt: null, cost: null }
  const skipped = stageLine({ ...common, ...untimed, status: 'skipped', note: 'The dump holds no memory.' })
  expect(skipped).toBe('  pool      skipped, The dump holds no memory.')
})

test('a taken port and a missing file are said in a sentence', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  await expect(listenOnLoopback((taken.address() as AddressInfo).port)).rejects.toThrow(PortTaken)

  const dataDir = await temporaryFolder()
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [start, '--data', dataDir, ...args], { encoding: 'utf8' })
  expect(run(join(dataDir, 'none.dmp'))).toMatchObject({ status: 1, stderr: `There is no file ${dataDir}/none.dmp.\n` })
  expect(run('--what').status).toBe(2)
})
