import { Analysis } from '../../../shared/analysis/analysis.ts'
import { CaseDetail } from '../../../shared/cases/api.ts'
import type { StageRecord } from '../../../shared/cases/records.ts'
import type { ApiClient } from './api-client.ts'
import { PlainFailure } from './plain-failure.ts'

const pollMilliseconds = 200

export type Watched = {
  readonly api: ApiClient
  readonly caseId: string
  readonly dumpId: string
  /** Told of each stage once, when it has ended. */
  readonly onStage: (stage: StageRecord) => void
  /** A sentence when the pipeline cannot go on, as far as the stack can see. */
  readonly stuck: () => string | null
  readonly signal: AbortSignal
}

/**
 * Follows a dump's analysis to its end. The analysis it ends in; throws a `PlainFailure` when it failed, or
 * when nothing will come any more.
 */
export const watchCase = async (watched: Watched): Promise<Analysis> => {
  const { api, caseId, dumpId, onStage, stuck, signal } = watched
  const told = new Set<string>()
  for (;;) {
    signal.throwIfAborted()
    const { dumps } = await api.get(`/api/cases/${caseId}`, CaseDetail)
    const uploaded = dumps.find(({ dump }) => dump.dumpId === dumpId)
    // The same bytes were uploaded before: they are not analysed twice, and the earlier dump has the answer.
    if (uploaded?.dump.sameAs) return watchCase({ ...watched, ...uploaded.dump.sameAs })
    const newest = uploaded?.analyses.at(-1)
    for (const stage of newest?.stages ?? []) {
      if (stage.status === 'queued' || stage.status === 'running' || told.has(stage.stage)) continue
      told.add(stage.stage)
      onStage(stage)
    }
    if (newest?.analysis.status === 'done')
      return api.get(`/api/cases/${caseId}/dumps/${dumpId}/analyses/${newest.analysis.analysisId}`, Analysis)
    if (newest?.analysis.status === 'failed') {
      const notes = newest.stages
        .filter(({ status }) => status === 'failed')
        .map(({ stage, note }) => `${stage}: ${note}`)
      throw new PlainFailure(`The analysis failed. ${notes.join(' ')}`)
    }
    const reason = stuck()
    if (reason !== null) throw new PlainFailure(reason)
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds))
  }
}
