import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { analyzeFile } from '../../functions/cli/analyze.ts'
import { openDumpFile } from '../../functions/cli/input-files.ts'
import { zipOf } from '../archive/packers.ts'
import { forge } from '../forge/forge.ts'

let folder: string
let dump: Buffer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dumpline-cli-archives-'))
  await forge('tiny-x64', join(folder, 'plain.dmp'))
  dump = await readFile(join(folder, 'plain.dmp'))
})
afterAll(() => rm(folder, { recursive: true }))

const made = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), bytes)
  return join(folder, name)
}
const leftovers = async () => (await readdir(tmpdir())).filter((name) => /^dumpline-\w{6}$/.test(name))

test('a packed dump is analysed as the dump itself, and nothing is left behind', async () => {
  const before = await leftovers()
  const plain = await analyzeFile({ file: join(folder, 'plain.dmp') })
  const packed = await analyzeFile({ file: await made('dump.zip', zipOf([{ content: dump }])) })
  expect({ ...packed, cost: null }).toEqual({ ...plain, cost: null })
  expect(await leftovers()).toEqual(before)
})

test('an archive that is refused is an analysis that says why', async () => {
  const analysis = await analyzeFile({ file: await made('twice.gz', gzipSync(gzipSync(dump))) })
  expect(analysis.dump.refusal).toMatchObject({ code: 'archive-nested', advice: expect.stringMatching(/\.$/) })
  expect(analysis.verdict).toBe('not-determinable')
})

test('every command opens the dump inside', async () => {
  await using source = await openDumpFile(await made('dump.gz', gzipSync(dump)))
  expect(source.size).toBe(dump.length)
  expect(Buffer.from(await source.read(0, 8)).toString()).toBe('PAGEDU64')
})
