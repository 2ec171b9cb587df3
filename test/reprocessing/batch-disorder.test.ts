import { expect, test } from 'vitest'
import { batchOf } from '../campaign/batch-calls.ts'
import { reprocessingWorld } from '../campaign/reprocessing-world.ts'
import { modelOf } from '../campaign/stored-cases.ts'
import { numbers } from '../functions/mishaps.ts'

const model = await modelOf()
const count = 8

/** A batch through all stages, tried, run and published, and all that is there then: no times, no ids. */
const runBatch = async (disorder?: () => number) => {
  const world = reprocessingWorld({ model, ...(disorder && { disorder }) })
  await world.seed(count, 'header')
  const settings = { perMinute: 600, concurrency: 40, sample: 3 }
  const batch = await batchOf(world, { name: 'all', query: { engineOlderThan: '0.1.0' }, settings })
  await batch.comesTo('planned')
  await batch.act('dry-run')
  await batch.comesTo('tried')
  await batch.act('start')
  await batch.comesTo('done')
  await batch.act('publish')
  const { progress, verdicts } = await batch.comesTo('published')
  // What comes again after the end changes nothing either.
  await world.run(() => false, 30)
  expect(world.world.deadLetters, 'a message that nobody could deal with').toBe(0)
  const items = await batch.items()
  const cases = await Promise.all(
    items.map(async ({ caseId, dumpId, analysisId, state, difference }) => {
      const { case: record, dumps } = (await world.store.detail(caseId))!
      const dump = dumps.find((one) => one.dump.dumpId === dumpId)!
      return {
        ...{ caseId, state, difference, headline: record.headline, verdict: record.verdict, status: record.status },
        showsTheBatch: record.outcomeOf === analysisId && dump.dump.currentAnalysisId === analysisId,
        analyses: dump.analyses.map(({ analysis, stages }) => [
          analysis.status,
          ...stages.map(({ stage, status }) => `${stage} ${status}`),
        ]),
      }
    }),
  )
  // Whatever was recorded, events and all: as many of each kind.
  const kinds = new Map<string, number>()
  for (const { pk, sk } of world.table.items.values()) {
    const kind = `${pk.replaceAll(/[a-z]+_\w+/g, 'ID')} ${sk.replaceAll(/[a-z]+_\w+|\d[\dTZ:.-]*/g, 'ID')}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const documents = [...world.documents.texts.keys()].length
  return { progress, verdicts, cases: cases.sort((a, b) => (a.caseId < b.caseId ? -1 : 1)), kinds, documents }
}

test('every message of a batch delivered twice and in any order: one analysis more of each dump, and the same end', async () => {
  const clean = await runBatch()
  expect(clean.cases.every(({ analyses, showsTheBatch }) => analyses.length === 2 && showsTheBatch)).toBe(true)
  for (let seed = 0; seed < 12; seed++) {
    const ended = await runBatch(numbers(`batch ${seed}`))
    expect(ended, `seed ${seed}`).toEqual(clean)
  }
})
