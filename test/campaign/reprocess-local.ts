import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { distinctDumps } from '../bench/distinct-dumps.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { madeAssembly } from '../made.ts'
import { sumOf } from './batch-calls.ts'
import { localBatch, openStorage } from './local-batch.ts'
import { type PersonsWait, personsUpload, told } from './persons-upload.ts'
import { modelOf, type Outdated, storedIds } from './stored-cases.ts'

/**
 * `npm run campaign:reprocess-local -- [--cases 2000] [--fast 100]`: stored cases of an older engine done again by the
 * whole local stack, while a person uploads a dump now and then. First `--fast` cases as fast as it goes, the verdict
 * alone and then all stages, for cases a minute of each function; then `--cases` of the verdict alone through a batch's
 * whole life: planned, a dry run of 50, run at a rate, paused, the stack killed, resumed, the last part cancelled,
 * published. Prints the counts, and how long a person waited beside the batches and in the idle stack. All share this
 * machine's processors, so a wait beside a batch is longer here than where each function has its own. Ends with status 1
 * if a count is off, a case failed, a verdict-only run read a byte of a dump, or a dead-letter queue holds something.
 */
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '2000' }, fast: { type: 'string', default: '100' } },
})
const [cases, fast] = [Number(values.cases), Number(values.fast)]
const pauseWithinMs = 15_000
const folder = await mkdtemp(join(tmpdir(), 'dumpline-reprocess-'))
const { next: nextDump } = distinctDumps(folder)
const assembly = await madeAssembly()
const { template } = await readAssembly(assembly)
const dataDir = join(folder, 'data')
const start = async () => {
  const stack = await startStackProcess(assembly, dataDir)
  return { stack, storage: openStorage(stack, template) }
}
let running = await start()
const model = await modelOf()

const check = (what: string, holds: boolean): void => {
  if (holds) return
  process.exitCode = 1
  console.log(`WRONG: ${what}`)
}

const upload = async (): Promise<PersonsWait> => {
  const file = await nextDump()
  const waited = await personsUpload(running.stack.api, file)
  await rm(file)
  return waited
}

/** A person's uploads, one after the other, for as long as something else goes on. */
const uploadsBeside = async <T>(waits: PersonsWait[], work: Promise<T>): Promise<T> => {
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  // Whoever awaits `ended` below hears of its failure; until then nobody does.
  ended.catch(() => undefined)
  while (!isOver) waits.push(await upload())
  return ended
}

/** The stages that the batch's analyses went through, reused results left out. */
const stagesOf = async (first: number, count: number): Promise<StageRecord[]> => {
  const records: StageRecord[] = []
  for (let index = first; index < first + count; index++) {
    const detail = await running.storage.store.detail(storedIds(index).caseId)
    records.push(...(detail?.dumps[0].analyses[1]?.stages ?? []).filter(({ cost }) => (cost?.milliseconds ?? 0) > 0))
  }
  return records
}

const bytesReadIn = (records: readonly StageRecord[]): number =>
  records.reduce((sum, { cost }) => sum + (cost?.bytesRead ?? 0), 0)

const asFastAsItGoes = async (outdated: Outdated, first: number): Promise<void> => {
  await running.storage.seed(model, fast, outdated, first)
  const settings = { perMinute: 6_000, concurrency: 40 }
  const batch = await localBatch(running.stack.lead, { name: outdated, query: { engineOlderThan: '0.1.0' }, settings })
  const { plan } = await batch.until(({ batch: { status } }) => status === 'planned')
  await batch.act('start')
  const waits: PersonsWait[] = []
  const { progress } = await uploadsBeside(
    waits,
    batch.until(({ batch: { status } }) => status === 'done', 1800),
  )
  check(`${fast} cases are planned`, plan.dumps === fast)
  check('each is done', sumOf(progress) === fast && progress.same + progress.changed === fast)
  const records = await stagesOf(first, fast)
  const perMinute = [...Map.groupBy(records, ({ stage }) => stage)].map(([stage, all]) => {
    const from = Math.min(...all.map(({ startedAt }) => Date.parse(startedAt ?? '')))
    const to = Math.max(...all.map(({ finishedAt }) => Date.parse(finishedAt ?? '')))
    return `${stage} ${Math.round((all.length / (to - from)) * 60_000)}`
  })
  if (outdated === 'verdict') check('no byte of a dump is read', bytesReadIn(records) === 0)
  console.log(`${outdated === 'verdict' ? 'verdict alone' : 'all stages'}: ${JSON.stringify(progress)}`)
  console.log(`  cases a minute: ${perMinute.join(', ')}; ${bytesReadIn(records)} bytes of dumps read`)
  console.log(`  a person beside it: ${told(waits)}`)
  await batch.act('publish')
  await batch.until(({ batch: { status } }) => status === 'published', 1800)
}

const wholeLife = async (first: number): Promise<void> => {
  const seeding = performance.now()
  await running.storage.seed(model, cases, 'verdict', first)
  console.log(`${cases} cases stored in ${((performance.now() - seeding) / 1000).toFixed(0)} s`)
  const settings = {
    perMinute: Math.max(60, Math.ceil(cases * 0.3)),
    concurrency: 40,
    sample: Math.min(50, cases >> 2),
  }
  const batch = await localBatch(running.stack.lead, { name: 'life', query: { engineOlderThan: '0.1.0' }, settings })
  const { plan } = await batch.until(({ batch: { status } }) => status === 'planned')
  console.log(`plan: ${plan.dumps} dumps, ${plan.bytes} bytes, $${plan.estimatedDollars.toFixed(4)}`)
  check('every case is planned', plan.dumps === cases)

  await batch.act('dry-run')
  const tried = await batch.until(({ batch: { status } }) => status === 'tried')
  console.log('dry run:', JSON.stringify(tried.progress))
  check('the sample is done', tried.progress.waiting === cases - settings.sample)
  check('nothing of it is published', tried.progress.published === 0)

  const waits: PersonsWait[] = []
  const began = performance.now()
  await batch.act('start')
  const pause = async () => {
    const { progress } = await batch.until(({ progress: { waiting } }) => waiting < cases * 0.6, 1800)
    const minutes = (performance.now() - began) / 60_000
    const begun = tried.progress.waiting - progress.waiting
    console.log(`${begun} begun in ${minutes.toFixed(1)} minutes, at a rate of at most ${settings.perMinute} a minute`)
    check('no more than the rate', begun <= settings.perMinute * Math.ceil(minutes))
    const asked = performance.now()
    await batch.act('pause')
    return { paused: await batch.until(({ progress: { running } }) => running === 0), ms: performance.now() - asked }
  }
  const { paused, ms: pauseMs } = await uploadsBeside(waits, pause())
  console.log(`paused, and nothing under way after ${(pauseMs / 1000).toFixed(1)} s:`, JSON.stringify(paused.progress))
  check('pausing takes seconds', pauseMs < pauseWithinMs)

  await batch.act('resume')
  await batch.until(({ progress }) => progress.waiting < cases * 0.4, 1800)
  running.storage.close()
  await running.stack.kill()
  console.log('The stack is killed while the batch runs, and started again.')
  running = await start()
  batch.reconnect(running.stack.lead)
  const cancel = async () => {
    await batch.until(({ progress }) => progress.waiting < cases * 0.15, 1800)
    await batch.act('cancel')
    return batch.until(({ progress }) => progress.running === 0)
  }
  const cancelled = await uploadsBeside(waits, cancel())
  console.log('cancelled:', JSON.stringify(cancelled.progress))
  check('the counts add up', sumOf(cancelled.progress) === cases)
  check('a part is cancelled', cancelled.progress.cancelled > 0)
  check('none failed', cancelled.progress.failed === 0 && cancelled.progress.impossible === 0)

  await batch.act('publish')
  const { progress, verdicts } = await batch.until(({ batch: { status } }) => status === 'published', 1800)
  console.log('published:', JSON.stringify(progress), JSON.stringify(verdicts))
  check('what is done is published', progress.published === progress.same + progress.changed)
  check('the counts still add up', sumOf(progress) === cases)
  check('no byte of an old dump is read', bytesReadIn(await stagesOf(first, cases)) === 0)
  console.log(`a person beside it: ${told(waits)}`)
}

try {
  await upload()
  const idle: PersonsWait[] = []
  for (let count = 0; count < 5; count++) idle.push(await upload())
  console.log(`a person in the idle stack: ${told(idle)}`)
  await asFastAsItGoes('verdict', 0)
  await asFastAsItGoes('header', fast)
  await wholeLife(2 * fast)
} finally {
  running.storage.close()
  await running.stack.stop()
  await rm(folder, { recursive: true, force: true })
}
const deadLetters = running.stack.deadLetters()
console.log(`dead letters: ${JSON.stringify(deadLetters)}`)
check('no dead-letter queue holds anything', deadLetters.length === 0)
