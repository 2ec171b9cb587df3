import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ApiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly } from '../made.ts'
import { sumOf } from './batch-calls.ts'
import { localBatch, openStorage } from './local-batch.ts'
import { modelOf, type Outdated, storedIds } from './stored-cases.ts'

/**
 * `npm run campaign:reprocess-local -- [--cases 100]`: so many stored cases done again by the whole local stack, the
 * verdict alone and then as many with all stages, while a person uploads a dump now and then. Prints cases a minute of
 * each function, and how long a person's stages waited beside the batch and in the idle stack. All share this machine's
 * processors, so a wait beside a batch is longer here than where each function has its own. Ends with status 1 if a
 * count is off.
 */
const { values } = parseArgs({ options: { cases: { type: 'string', default: '100' } } })
const cases = Number(values.cases)
const folder = await mkdtemp(join(tmpdir(), 'dumpline-reprocess-'))
const dump = join(folder, 'tiny.dmp')
await forge('tiny-x64', dump)
const assembly = await madeAssembly()
const { template } = await readAssembly(assembly)
const stack = await startStackProcess(assembly, join(folder, 'data'))
const storage = openStorage(stack, template)
const model = await modelOf()

/** Milliseconds that each stage of a person's upload waited for a worker. */
const waitsOfUpload = async (api: ApiClient): Promise<number[]> => {
  const { caseId, dump: uploaded } = await uploadDump(api, dump)
  const stages: StageRecord[] = []
  const onStage = (stage: StageRecord): void => void stages.push(stage)
  const signal = AbortSignal.timeout(300_000)
  await watchCase({ api, caseId, dumpId: uploaded.dumpId, onStage, stuck: () => null, signal })
  const time = (text: string | null | undefined): number => Date.parse(text ?? '')
  return stages.map(
    (stage, index) => time(stage.startedAt) - time(index === 0 ? stage.queuedAt : stages[index - 1].finishedAt),
  )
}

const summary = (waits: readonly number[]): string => {
  const sorted = waits.toSorted((a, b) => a - b)
  return `${sorted.length} stages waited ${sorted[sorted.length >> 1]} ms in the median, ${sorted.at(-1)} ms at most`
}

const runBatch = async (outdated: Outdated, first: number): Promise<void> => {
  await storage.seed(model, cases, outdated, first)
  const settings = { perMinute: 6_000, concurrency: 40 }
  const batch = await localBatch(stack.lead, { name: outdated, query: { engineOlderThan: '0.1.0' }, settings })
  const { plan } = await batch.until(({ batch: { status } }) => status === 'planned')
  await batch.act('start')
  const waits: number[] = []
  let over = false
  const ended = batch
    .until(({ batch: { status } }) => status === 'done', 1800)
    .finally(() => {
      over = true
    })
  while (!over) waits.push(...(await waitsOfUpload(stack.api)))
  const { progress } = await ended
  if (plan.dumps !== cases || sumOf(progress) !== cases || progress.failed > 0) process.exitCode = 1
  const records: StageRecord[] = []
  for (let index = first; index < first + cases; index++) {
    const detail = await storage.store.detail(storedIds(index).caseId)
    records.push(...(detail?.dumps[0].analyses[1]?.stages ?? []).filter(({ cost }) => (cost?.milliseconds ?? 0) > 0))
  }
  const rates = Map.groupBy(records, ({ stage }) => stage)
  const perMinute = [...rates].map(([stage, all]) => {
    const from = Math.min(...all.map(({ startedAt }) => Date.parse(startedAt ?? '')))
    const to = Math.max(...all.map(({ finishedAt }) => Date.parse(finishedAt ?? '')))
    return `${stage} ${Math.round((all.length / (to - from)) * 60_000)}`
  })
  const read = records.reduce((sum, { cost }) => sum + (cost?.bytesRead ?? 0), 0)
  console.log(`${outdated === 'verdict' ? 'verdict alone' : 'all stages'}: ${JSON.stringify(progress)}`)
  console.log(`  cases a minute: ${perMinute.join(', ')}; ${read} bytes of dumps read`)
  console.log(`  a person’s uploads beside it: ${summary(waits)}`)
  await batch.act('publish')
  await batch.until(({ batch: { status } }) => status === 'published', 1800)
}

try {
  await waitsOfUpload(stack.api)
  const idle: number[] = []
  for (let upload = 0; upload < 5; upload++) idle.push(...(await waitsOfUpload(stack.api)))
  console.log(`a person’s uploads in the idle stack: ${summary(idle)}`)
  await runBatch('verdict', 0)
  await runBatch('header', cases)
} finally {
  storage.close()
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
}
console.log(`dead letters: ${JSON.stringify(stack.deadLetters())}`)
