import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { dividedJobs } from '../functions/jobs.ts'
import { mishaps, numbers } from '../functions/mishaps.ts'
import { type Fates, simulate } from '../functions/simulation.ts'

/**
 * A long campaign of test/functions/survival.test.ts and shard-survival.test.ts: `npm run soak:kills -- [FIRST] [COUNT]`
 * runs the pipeline in process with these seeds, in turn with a small dump, a packed one and one whose scan is divided: killed at
 * a step of each kind in turn, and killed, failing, told twice and out of order wherever the seed says. Names each
 * seed that did not come to the one right end, and each function's step that was never killed; ends with status 1 if
 * there is one.
 */
const [first = 0, count = 5_000] = process.argv.slice(2).map(Number)
const packed = gzipSync(Buffer.concat([Buffer.from('PAGEDU64'), Buffer.alloc(8184)]))
const worlds = await Promise.all(
  [{}, { upload: packed }, { jobs: dividedJobs(3) }].map(async (options) => ({
    options,
    clean: await simulate(options),
  })),
)
/** A worker that finds a dump unpacked reads nothing, so that what unpacking cost depends on the way. */
const comparable = ({ analyses, texts, ...rest }: Awaited<ReturnType<typeof simulate>>['outcome']) => ({
  ...rest,
  analyses: analyses.map(({ stages, ...analysis }) => ({
    ...analysis,
    stages: stages.map((record) => (record.stage === 'unpack' ? { ...record, cost: null } : record)),
  })),
  texts: texts.filter(([key]) => !key.endsWith('/unpack.json')),
})

const killed = new Set<string>()
let wrong = 0
let failed = 0
let longest = 0
for (let seed = first; seed < first + count; seed++) {
  const { options, clean } = worlds[seed % worlds.length]
  const random = numbers(`soak ${seed}`)
  const elsewhere = mishaps(random, 8, 0.08, ['killed-before', 'killed-after', 'fail', 'answer-lost'])
  const kinds = [...new Set(clean.steps)]
  const kind = kinds[Math.floor(seed / worlds.length) % kinds.length]
  let before = Math.floor(random() * clean.steps.filter((step) => step === kind).length)
  const fates: Fates = (name) => {
    const fate = name === kind && before-- === 0 ? (random() < 0.5 ? 'killed-before' : 'killed-after') : elsewhere(name)
    if (fate.startsWith('killed')) killed.add(name)
    return fate
  }
  const ended = await simulate({ ...options, fates, random, twice: random() < 0.5, withoutEvent: random() < 0.3 })
  longest = Math.max(longest, ended.minutes)
  // So many mishaps may all meet one stage or shard, which then fails for good: that is an end, if not this one.
  const hasFailed =
    ended.stages.some((stage) => / failed$/.test(stage)) || ended.analyses.some(({ shards }) => shards?.failed)
  if (hasFailed) failed++
  if (ended.isOver && (hasFailed || isDeepStrictEqual(comparable(ended.outcome), comparable(clean.outcome)))) continue
  wrong++
  console.log(
    `seed ${seed}: ${ended.isOver ? '' : 'no end; '}${ended.stages.join(', ')}; events ${ended.events.join(', ')}`,
  )
}
if (worlds.some(({ clean }) => !clean.isOver || clean.stages.some((stage) => !stage.endsWith(' done'))))
  throw new Error('Without any mishap a dump does not come through.')
const steps = new Set(worlds.flatMap(({ clean }) => clean.steps))
const spared = [...steps].filter((step) => !killed.has(step))
console.log(
  `${count} runs, ${wrong} wrong; ${failed} ended with a stage or shard given up after its retries; ` +
    `killed at ${steps.size - spared.length} of ${steps.size} kinds of step; ` +
    `the longest took ${(longest / 60).toFixed(1)} hours of the simulation's time`,
)
if (spared.length > 0) console.log(`never killed: ${spared.join(', ')}`)
if (wrong > 0 || spared.length > 0) process.exitCode = 1
