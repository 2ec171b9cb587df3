import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import { cabOf, zipOf } from '../archive/packers.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly } from '../made.ts'

/** Archives through the whole pipeline on the local stack: the unpacking function over S3's endpoint itself. */
let folder: string
let stack: LocalStack
let dump: Buffer
const problems: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dumpline-archives-'))
  const assembly = await madeAssembly()
  stack = await startLocalStack({
    ...(await readAssembly(assembly)),
    dataDir: join(folder, 'data'),
    portalDir: folder,
    port: 0,
    onProblem: (sentence) => problems.push(sentence),
  })
  await forge('tiny-x64', join(folder, 'plain.dmp'))
  dump = await readFile(join(folder, 'plain.dmp'))
})
afterAll(async () => {
  await stack?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const through = async (name: string, archive: Uint8Array) => {
  const file = join(folder, name)
  await writeFile(file, archive)
  const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
  const uploaded = await uploadDump(api, file)
  const analysis = await watchCase({
    api,
    caseId: uploaded.caseId,
    dumpId: uploaded.dump.dumpId,
    onStage: () => {},
    stuck: () => stack.deadLetters().find(({ messages }) => messages > 0)?.queue ?? null,
    signal: AbortSignal.timeout(120_000),
  })
  expect(problems).toEqual([])
  const detail = await api.get(`/api/cases/${uploaded.caseId}`, CaseDetail)
  const [{ dump: record, analyses }] = detail.dumps
  return { analysis, record, stages: analyses[0].stages.map(({ stage, status }) => `${stage} ${status}`) }
}

test.each([
  ['dump.zip', 'zip', () => zipOf([{ content: dump, dataDescriptor: true }])],
  ['dump.gz', 'gzip', () => gzipSync(dump)],
  ['dump.zst', 'zstd', () => zstdCompressSync(dump)],
  ['dump.cab', 'cab', () => cabOf(dump)],
] as [string, string, () => Uint8Array][])(
  '%s is unpacked, and its dump analysed as any other',
  async (name, format, pack) => {
    const archive = pack()
    const { analysis, record, stages } = await through(name, archive)
    expect(stages).toEqual(['unpack done', 'header done', 'pool done', 'imports done', 'verdict done'])
    expect(analysis.verdict).toBe('culprit')
    expect(analysis.dump.bytes).toBe(dump.length)
    expect(record).toMatchObject({ bytes: archive.length, archive: { format, unpacked: { bytes: dump.length } } })
  },
)

test.each([
  ['several.zip', 'archive-several-files', () => zipOf([{ content: dump }, { name: 'b', content: dump }])],
  ['nested.gz', 'archive-nested', () => gzipSync(gzipSync(dump))],
  ['wrong.zip', 'archive-damaged', () => zipOf([{ content: dump, crc: 7 }])],
] as [string, string, () => Uint8Array][])(
  '%s ends as a refused case with a reason and advice',
  async (name, code, pack) => {
    const { analysis, record, stages } = await through(name, pack())
    expect(stages).toEqual(['unpack done', 'header done', 'pool skipped', 'imports skipped', 'verdict done'])
    expect(analysis.verdict).toBe('not-determinable')
    expect(analysis.dump.refusal).toMatchObject({ code, advice: expect.stringMatching(/\.$/) })
    expect(analysis.headline).toBe(analysis.dump.refusal?.message)
    expect(record.archive?.unpacked).toBeNull()
  },
)
