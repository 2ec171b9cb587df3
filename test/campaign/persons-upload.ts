import type { ApiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import type { StageRecord } from '../../shared/cases/records.ts'

/** How long a person waited, in milliseconds: from the first byte sent to the verdict, and each stage for a worker. */
export type PersonsWait = { readonly toVerdict: number; readonly forWorkers: readonly number[] }

/** Uploads a dump as a person does and waits for its verdict. The file must be like no other that the tenant has. */
export const personsUpload = async (api: ApiClient, file: string): Promise<PersonsWait> => {
  const started = performance.now()
  const { caseId, dump } = await uploadDump(api, file)
  const stages: StageRecord[] = []
  const onStage = (stage: StageRecord): void => void stages.push(stage)
  const signal = AbortSignal.timeout(300_000)
  await watchCase({ api, caseId, dumpId: dump.dumpId, onStage, stuck: () => null, signal })
  const time = (text: string | null | undefined): number => Date.parse(text ?? '')
  const worked = stages.filter(({ status }) => status === 'done')
  const forWorkers = worked.map(
    (stage, index) => time(stage.startedAt) - time(index === 0 ? stage.queuedAt : worked[index - 1].finishedAt),
  )
  return { toVerdict: performance.now() - started, forWorkers }
}

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

/** What some uploads waited, in a sentence. */
export const told = (waits: readonly PersonsWait[]): string => {
  if (waits.length === 0) return 'none'
  const forWorkers = waits.flatMap((wait) => wait.forWorkers)
  const verdicts = waits.map(({ toVerdict }) => toVerdict)
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  return (
    `${waits.length} uploads; ${forWorkers.length} stages waited ${medianOf(forWorkers)} ms for a worker in the median, ` +
    `${Math.max(...forWorkers)} ms at most; to the verdict ${seconds(medianOf(verdicts))}, at most ${seconds(Math.max(...verdicts))}`
  )
}
