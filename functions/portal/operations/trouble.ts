import type { Failure } from '../../../shared/cases/operations/failures.ts'
import type { DeadLetterFigures, QueueReport } from '../../../shared/cases/operations/operations-api.ts'
import type { AnalysisUnderWay } from '../../../shared/cases/operations/under-way.ts'
import { formatDuration } from '../format/time.ts'
import { counted, ownerWords } from './operations-words.ts'

/** Something an operator ought to look at, the part of the page that has more of it, and how urgent it is. */
export type Trouble = { readonly tone: 'bad' | 'caution'; readonly text: string; readonly section: string }

/** What is known of each; undefined where it could not be loaded. */
export type Known = {
  readonly queues: QueueReport | undefined
  /** The newest; `moreFailures` when there are others. */
  readonly failures: readonly Failure[] | undefined
  readonly moreFailures?: boolean
  readonly analyses: readonly AnalysisUnderWay[] | undefined
}

const minute = 60_000
/** A stage's function is stopped after 15 minutes; with retries nothing good takes longer than this. */
export const longAtStageMs = 30 * minute
/** People wait for the interactive lane. */
export const longWaitMs = 10 * minute
const lately = 24 * 60 * minute

/** The worst first. `now` in milliseconds. */
export const troublesOf = (
  { queues, failures = [], moreFailures = false, analyses = [] }: Known,
  now: number,
): Trouble[] => {
  const recent = failures.filter(({ failedAt }) => now - Date.parse(failedAt) < lately)
  const unexpected = recent.filter(({ kind }) => kind !== 'of-the-dump')
  const own = recent.length - unexpected.length
  const atLeast = moreFailures && recent.length === failures.length ? 'At least ' : ''
  const stuck = analyses.filter(({ status, since }) => status !== 'queued' && now - Date.parse(since) > longAtStageMs)
  const all: (Trouble | null)[] = [
    ...(queues?.deadLetters ?? []).map(ofDeadLetters),
    ...(queues?.deadLetters ?? []).map(ofMove),
    unexpected.length === 0
      ? null
      : {
          tone: 'bad',
          text: `${atLeast}${counted(unexpected.length, 'stage')} failed unexpectedly in the last 24 hours.`,
          section: 'failures',
        },
    stuck.length === 0
      ? null
      : {
          tone: 'caution',
          text: `${counted(stuck.length, 'analysis', 'analyses')} at one stage for more than ${formatDuration(longAtStageMs)}.`,
          section: 'running',
        },
    ...(queues?.queues ?? []).map((queue) => ofWaiting(queue, now)),
    own === 0
      ? null
      : {
          tone: 'caution',
          text: `${atLeast}${counted(own, 'stage')} could not be done on ${own === 1 ? 'its dump' : 'their dumps'} in the last 24 hours.`,
          section: 'failures',
        },
  ]
  const found = all.filter((trouble) => trouble !== null)
  return [...found.filter(({ tone }) => tone === 'bad'), ...found.filter(({ tone }) => tone !== 'bad')]
}

const ofDeadLetters = ({ queue, messages }: DeadLetterFigures): Trouble | null =>
  messages === 0
    ? null
    : {
        tone: 'bad',
        text: `${counted(messages, 'dead letter')} of ${ownerWords[queue].name}.`,
        section: 'dead-letters',
      }

const ofMove = ({ queue, move }: DeadLetterFigures): Trouble | null =>
  move?.status !== 'failed'
    ? null
    : {
        tone: 'bad',
        text: `Dead letters of ${ownerWords[queue].name} could not be sent again: ${move.failure ?? 'SQS does not say why'}.`,
        section: 'dead-letters',
      }

const ofWaiting = ({ queue, lane, oldestWaitsSince }: QueueReport['queues'][number], now: number): Trouble | null => {
  const wait = oldestWaitsSince === null ? 0 : now - Date.parse(oldestWaitsSince)
  if (wait < longWaitMs || lane === 'reprocessing') return null
  const where = `${ownerWords[queue].name}${lane === null ? '' : `, lane ${lane}`}`
  return {
    tone: 'caution',
    text: `An analysis waits for more than ${formatDuration(longWaitMs)} in ${where}.`,
    section: 'queues',
  }
}
