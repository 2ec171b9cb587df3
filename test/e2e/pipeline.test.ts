import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { type ApiClient, apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { hexAddress } from '../../shared/analysis/scalars.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import type { WebhookEvent } from '../../shared/cases/webhooks/webhook.ts'
import { DeliveryList, WebhookWithSecret } from '../../shared/cases/webhooks/webhook-api.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly } from '../made.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'
import { startStackProcess } from './stack-process.ts'

/** Files through the whole pipeline: presigned upload, S3 event, queues, functions, results; as `npm start` does it. */
let folder: string
let assembly: string
let stack: LocalStack
const problems: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dumpline-pipeline-'))
  assembly = await madeAssembly()
  stack = await startLocalStack({
    ...(await readAssembly(assembly)),
    dataDir: join(folder, 'data'),
    portalDir: folder,
    port: 0,
    onProblem: (sentence) => problems.push(sentence),
  })
})
afterAll(async () => {
  await stack?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const through = async (file: string): Promise<{ analysis: Analysis; stages: StageRecord[] }> => {
  const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
  const { caseId, dump } = await uploadDump(api, file)
  const stages: StageRecord[] = []
  const analysis = await watchCase({
    api,
    caseId,
    dumpId: dump.dumpId,
    onStage: (stage) => stages.push(stage),
    stuck: () => stack.deadLetters().find(({ messages }) => messages > 0)?.queue ?? null,
    signal: AbortSignal.timeout(120_000),
  })
  expect(problems).toEqual([])
  return { analysis, stages }
}

const forged = async (scenario: string): Promise<string> => {
  const file = join(folder, `${scenario}.dmp`)
  await forge(scenario, file)
  return file
}

const made = async (name: string, bytes: Uint8Array): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, bytes)
  return file
}

const culprits = (analysis: Analysis): string[] =>
  analysis.findings.filter(({ status }) => status === 'culprit').map(({ candidates }) => candidates[0].name)

test('the case of 2008 is solved, figure by figure, and no stage is charged with another one’s reads', async () => {
  const { analysis, stages } = await through(await forged('2008-nonpaged-depletion'))
  expect(analysis.verdict).toBe('culprit')
  const [finding] = analysis.findings
  expect(finding).toMatchObject({ tag: 'None', outstanding: 246_479, bytes: 50_827_424, status: 'culprit' })
  const [driver] = finding.candidates
  expect(driver.name).toMatch(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}\.sys$/)
  expect(driver.base).toBe('0xf50b3000')
  expect(analysis.importers).toContainEqual(
    expect.objectContaining({ module: driver.name, address: '0xf50b8058', kind: 'import-table' }),
  )
  expect(analysis.memory?.nonPagedPool).toEqual({ usedPages: 31_369, maximumPages: 31_986, excessive: true })
  expect(analysis.memory?.failedAllocations).toBeNull()
  expect(analysis.memory?.sources.failedAllocations).toMatch(/symbols/i)
  expect(stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    'header done',
    'pool done',
    'imports done',
    'verdict done',
  ])
  expect(stages.at(-1)?.cost?.bytesRead).toBe(0)
})

test.each([
  ['2008-nonpaged-depletion-pae', 'brkmon32.sys'],
  ['2008-nonpaged-depletion-x64', 'tqfilt64.sys'],
])('%s names %s', async (scenario, driver) => {
  const { analysis } = await through(await forged(scenario))
  expect(analysis.verdict).toBe('culprit')
  expect(culprits(analysis)).toEqual([driver])
})

test('a healthy machine is healthy', async () => {
  const { analysis } = await through(await forged('healthy'))
  expect(analysis.verdict).toBe('healthy')
})

describe.skipIf(withoutSharedData())('real dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', { format: 'triage', architecture: 'x64', build: 19041 }, 'triage_x64'],
    ['triage-arm64-22000.dmp', { format: 'triage', architecture: 'arm64', build: 22000 }, 'triage_arm64'],
    ['full-x64-19045-truncated.dmp', { format: 'full', architecture: 'x64', build: 19045, truncated: true }, null],
  ])('%s is told for what it is, and names nobody', async (name, facts, published) => {
    const { analysis } = await through(sharedFile('dumps', name))
    expect(analysis.dump).toMatchObject(facts)
    if (published !== null) {
      const fields = JSON.parse(await readFile(sharedFile('vectors', 'triage-header-fields.json'), 'utf8'))[published]
      expect(analysis.dump.bugcheck?.code).toBe(hexAddress(BigInt(fields.DUMP_HEADER64.BugCheckCode)))
      expect(analysis.modules).toHaveLength(Number(fields.TRIAGE_DUMP64.DriverCount))
    }
    expect(analysis.verdict).toBe('not-determinable')
    expect(analysis.findings.flatMap(({ candidates }) => candidates)).toEqual([])
    expect(analysis.findings[0].nextStep).not.toBe('')
  })
})

test.each([
  ['picture.png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(4096, 7)]), 'image'],
  ['empty.dmp', Buffer.alloc(0), 'empty'],
  ['process.mdmp', Buffer.concat([Buffer.from('MDMP'), Buffer.alloc(4096, 3)]), 'user-minidump'],
])('%s ends as a refused case with a reason and advice', async (name, bytes, code) => {
  const { analysis, stages } = await through(await made(name, bytes))
  expect(analysis.verdict).toBe('not-determinable')
  expect(analysis.dump.refusal?.code).toBe(code)
  expect(analysis.dump.refusal?.message).toMatch(/\.$/)
  expect(analysis.dump.refusal?.advice).toMatch(/\.$/)
  expect(stages.filter(({ status }) => status === 'skipped').map(({ stage }) => stage)).toEqual(['pool', 'imports'])
})

test('a verdict reaches a receiver on this machine, signed, and the event bus, each once', async () => {
  const received: { headers: Record<string, string>; body: string }[] = []
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers as Record<string, string>, body: (await request.toArray()).join('') })
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const admin = apiClient(stack.origins.http, machineTokens(stack.machine('admin')))
  const { webhook, secret } = await admin.post('/api/webhooks', { url }, WebhookWithSecret)
  const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
  const file = await made('signed.png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(512, 1)]))
  const { caseId, dump } = await uploadDump(api, file)
  const deliveries = async () => {
    const path = `/api/webhooks/${webhook.webhookId}/deliveries`
    return (await admin.get(path, DeliveryList)).deliveries
  }
  while ((await deliveries())[0]?.status !== 'delivered') await new Promise((resolve) => setTimeout(resolve, 50))

  const [{ event, attempts, answer }] = await deliveries()
  expect({ attempts, answer }).toEqual({ attempts: 1, answer: 204 })
  expect(received).toHaveLength(1)
  expect(new Webhook(secret).verify(received[0].body, received[0].headers)).toEqual(event)
  expect(event).toMatchObject({
    type: 'analysis.finished',
    data: { tenant: 'default', caseId, dumpId: dump.dumpId, verdict: 'not-determinable', batchId: null },
  })
  const lines = (await readFile(join(folder, 'data', 'events.jsonl'), 'utf8')).trim().split('\n')
  const events = lines.map(
    (line) => JSON.parse(line) as { source: string; 'detail-type': string; detail: WebhookEvent },
  )
  const ofCase = events.filter(({ detail }) => detail.id === event.id)
  expect(ofCase).toMatchObject([{ source: 'dumpline', 'detail-type': 'analysis.finished', detail: event }])
  expect(stack.deadLetters()).toEqual([])
})

/** Its children notice by themselves; messages they had come back at once, and take their stages over. */
test('cases go on after the whole stack was killed in the middle of them', { timeout: 120_000 }, async () => {
  const dataDir = join(folder, 'killed')
  const dump = await forged('tiny-x64')
  const first = await startStackProcess(assembly, dataDir)
  onTestFinished(first.kill)
  // The same bytes twice would be one dump: this one has another comment in its header (reference 1.3).
  const bytes = await readFile(dump)
  bytes.write('another server', 0xfb0, 'ascii')
  const uploads = [await uploadDump(first.api, dump), await uploadDump(first.api, await made('other.dmp', bytes))]
  const detailOf = (api: ApiClient, index: number) => api.get(`/api/cases/${uploads[index].caseId}`, CaseDetail)
  const hasRunning = async (): Promise<boolean> => {
    const details = [await detailOf(first.api, 0), await detailOf(first.api, 1)]
    const stages = details.flatMap(({ dumps }) => dumps.flatMap(({ analyses }) => analyses.flatMap((of) => of.stages)))
    return stages.some(({ status }) => status === 'running')
  }
  while (!(await hasRunning())) await new Promise((resolve) => setTimeout(resolve, 5))
  await first.kill()

  const second = await startStackProcess(assembly, dataDir)
  onTestFinished(second.kill)
  const { api } = second
  for (const [index, { caseId, dump }] of uploads.entries()) {
    const signal = AbortSignal.timeout(100_000)
    const common = { api, caseId, dumpId: dump.dumpId, signal, onStage: () => {}, stuck: () => null }
    expect((await watchCase(common)).verdict).toBe('culprit')
    const detail = await detailOf(second.api, index)
    expect(detail.case.status).toBe('done')
    expect(detail.dumps[0].analyses).toHaveLength(1)
  }
  await second.stop()
  expect(second.deadLetters()).toEqual([])
  expect(second.problems).toEqual([])
})
