import { parseArgs } from 'node:util'
import type { Lane } from '../../shared/cases/lane.ts'
import { batchOf, sumOf } from './batch-calls.ts'
import { reprocessingWorld } from './reprocessing-world.ts'
import { type Model, modelOf, type Outdated } from './stored-cases.ts'

/**
 * `npm run campaign:reprocess -- [--cases 2000]`: stored cases of an older engine done again, in the simulation of
 * reprocessing-world.ts: planned, a dry run of 50, run at a rate, paused, every process killed, resumed, the last part
 * cancelled, published. Prints the counts, how long people's uploads waited beside that and in an idle system, and cases
 * a minute for runs of the verdict alone and of all stages, from 100 cases on. Ends with status 1 if a count is off. The
 * clock is the simulation's; seconds that say so are this machine's. test/e2e/reprocessing.test.ts does the same in the
 * whole local stack with a few cases.
 */
const { values } = parseArgs({ options: { cases: { type: 'string', default: '2000' } } })
const cases = Number(values.cases)
const older = { engineOlderThan: '0.1.0' }
const model = await modelOf()
let wrong = 0
const check = (what: string, holds: boolean): void => {
  if (holds) return
  wrong++
  console.log(`WRONG: ${what}`)
}
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const waitingOf = (world: ReturnType<typeof reprocessingWorld>, lane: Lane): string => {
  const { messages, medianMs, longestMs } = world.queueing(lane)
  return `${messages} messages waited ${medianMs} ms in the median, ${longestMs} ms at most`
}

/** A person's upload every ten seconds, until the batch has done so. */
const uploading = async (world: ReturnType<typeof reprocessingWorld>, uploads: number): Promise<void> => {
  for (let upload = 0; upload < uploads; upload++) {
    const at = world.world.ms
    await world.upload()
    await world.run(() => world.world.ms >= at + 10_000)
  }
}

const wholeLife = async (model: Model): Promise<void> => {
  const world = reprocessingWorld({ model })
  await world.seed(cases, 'verdict')
  // At this rate two minutes are enough for all: people's uploads, ten seconds apart, come in the middle of it.
  const settings = { perMinute: Math.max(60, Math.ceil(cases / 2)), concurrency: 60, sample: Math.min(50, cases >> 2) }
  const batch = await batchOf(world, { name: 'All of them', query: older, settings })
  const { plan } = await batch.comesTo('planned')
  console.log(
    `plan: ${plan.dumps} dumps, ${plan.bytes} bytes, $${plan.estimatedDollars.toFixed(4)}, ${plan.estimatedSeconds} s`,
  )
  check('every case is planned', plan.dumps === cases)
  await batch.act('dry-run')
  const tried = await batch.comesTo('tried')
  console.log('dry run:', JSON.stringify(tried.progress))
  check(
    'the sample is done, and nothing published',
    tried.progress.waiting === cases - settings.sample && tried.progress.published === 0,
  )
  await batch.act('start')
  await uploading(world, 5)
  const paused = await batch.act('pause')
  console.log('paused:', JSON.stringify(paused.progress))
  await batch.progresses(({ running }) => running === 0)
  world.kill()
  await batch.act('resume')
  await batch.progresses(({ waiting }) => waiting < cases / 4)
  world.kill()
  await batch.progresses(({ waiting }) => waiting < cases / 10)
  await batch.act('cancel')
  const cancelled = await batch.progresses(({ running }) => running === 0)
  console.log('cancelled:', JSON.stringify(cancelled.progress))
  check('the counts add up', sumOf(cancelled.progress) === cases)
  await batch.act('publish')
  const published = await batch.comesTo('published')
  console.log('published:', JSON.stringify(published.progress), JSON.stringify(published.verdicts))
  const { same, changed } = published.progress
  check('what is done is published', published.progress.published === same + changed)
  check('the counts still add up', sumOf(published.progress) === cases)
  check('no byte of an old dump is read', world.world.dumpReads === 5 * 3)
  console.log(`people’s uploads beside the batch: ${waitingOf(world, 'interactive')}`)
  const idle = reprocessingWorld({ model })
  await uploading(idle, 5)
  console.log(`people’s uploads in an idle system: ${waitingOf(idle, 'interactive')}`)
}

/** Cases a minute without a limit of rate, by what each function needed in the simulation's time and the machine's. */
const throughput = async (model: Model, count: number, outdated: Outdated): Promise<void> => {
  const world = reprocessingWorld({ model })
  await world.seed(count, outdated)
  const batch = await batchOf(world, { name: 'fast', query: older, settings: { perMinute: 6_000, concurrency: 200 } })
  await batch.comesTo('planned')
  const [began, beganHere] = [world.world.ms, performance.now()]
  await batch.act('start')
  const done = await batch.comesTo('done')
  check(`${count} cases are done`, done.progress.same + done.progress.changed === count)
  const minutes = (world.world.ms - began) / 60_000
  console.log(
    `${outdated === 'verdict' ? 'verdict alone' : 'all stages'}, ${count} cases: ${(count / minutes).toFixed(0)} cases a minute; per function ${JSON.stringify(world.perMinute(minutes))}; ${seconds(performance.now() - beganHere)} of this machine`,
  )
}

await wholeLife(model)
for (const outdated of ['verdict', 'header'] as const)
  for (const count of [100, 500, 2000].filter((one) => one <= cases)) await throughput(model, count, outdated)
if (wrong > 0) process.exitCode = 1
