import { isDeepStrictEqual } from 'node:util'
import { mishaps, numbers } from '../functions/mishaps.ts'
import { simulate } from '../functions/simulation.ts'

/**
 * A long campaign of test/functions/survival.test.ts: `node test/soak/kills.ts [FIRST] [COUNT]` runs the pipeline in
 * process with these seeds, killed, failing, told twice and out of order, and names each seed that did not come to the
 * one right end.
 */
const [first = 0, count = 5_000] = process.argv.slice(2).map(Number)
const clean = await simulate()
let wrong = 0
let longest = 0
for (let seed = first; seed < first + count; seed++) {
  const random = numbers(`soak ${seed}`)
  const fates = mishaps(random, 8, 0.12, ['killed-before', 'killed-after', 'fail', 'answer-lost'])
  const ended = await simulate({ fates, random, twice: random() < 0.5, withoutEvent: random() < 0.3 })
  longest = Math.max(longest, ended.minutes)
  // Eight mishaps may all meet one stage, which then fails for good: that is an end, if not this one.
  const isRight =
    isDeepStrictEqual(ended.outcome, clean.outcome) || ended.stages.some((stage) => / failed$/.test(stage))
  if (ended.isOver && isRight && ended.analyses.length === 1) continue
  wrong++
  console.log(
    `seed ${seed}: ${ended.isOver ? '' : 'no end; '}${ended.stages.join(', ')}; events ${ended.events.join(', ')}`,
  )
}
console.log(
  `${count} runs, ${wrong} wrong; the longest took ${(longest / 60).toFixed(1)} hours of the simulation's time`,
)
if (wrong > 0) process.exitCode = 1
