import type { CaseState } from './case-state.ts'

/** How far the analysis that is shown has come. */
export type Standing = {
  readonly phase: 'running' | 'done' | 'failed'
  readonly failedStages: readonly string[]
}

export const finishedWhole: Standing = { phase: 'done', failedStages: [] }

export const standingOf = ({ phase, stages }: Extract<CaseState, { analysis: unknown }>): Standing => ({
  phase,
  failedStages: stages.filter(({ status }) => status === 'failed').map(({ stage }) => stage),
})
