import { stages } from '../../shared/cases/stage.ts'
import { skipStage } from '../../shared/cases/transitions.ts'
import { nextStage, type StageName } from '../../shared/stages/plan.ts'
import type { SendStage } from './stage-queues.ts'
import { readHeader } from './stage-results.ts'
import type { StageContext } from './stage-runner.ts'

/**
 * Tells the next stage, and records the stages between as skipped. A stage that is no longer queued has been told
 * before.
 */
export const passOn = async (stage: StageName, context: StageContext, send: SendStage): Promise<void> => {
  const { id, journey, store, now } = context
  const header = await readHeader(context)
  const next = nextStage(stage, header)
  if (next === null) return
  const note = header.dump.refusal?.message ?? 'The dump holds no memory for this stage to read.'
  for (const skipped of stages.slice(stages.indexOf(stage) + 1, stages.indexOf(next)))
    await store.stages.change({ ...id, stage: skipped }, (record) => skipStage(record, note, now()))
  const waiting = await store.stages.get({ ...id, stage: next })
  if (waiting?.status === 'queued') await send({ ...id, ...journey, stage: next, attempt: waiting.attempt })
}
