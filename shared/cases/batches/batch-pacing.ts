import type { BatchItem, BatchRecord, BatchSettings } from './batch.ts'
import { isUnderWay } from './batch-progress.ts'

/** What a batch may begin now; a sentence where it has to pause; and how long to wait before the next step. */
export type Pace = { readonly launch: readonly BatchItem[]; readonly pause: string | null; readonly waitMs: number }

/** A failing share says something once so many analyses ended. */
const fewestEnded = 10

/** What one step begins at most: it has to be done well before its lease ends. */
const mostLaunches = 40

const minuteMs = 60_000
const shortestWaitMs = 1_000
const longestWaitMs = 10_000

/** The items of a dry run: so many, spread evenly over the plan, the same at every step. */
const sampleOf = (items: readonly BatchItem[], size: number): BatchItem[] => {
  const possible = items.filter((item) => item.possible)
  if (possible.length <= size) return possible
  return Array.from({ length: size }, (_, index) => possible[Math.floor((index * possible.length) / size)])
}

/** The items that a batch in its present status is to do. */
export const itemsInPlay = (batch: BatchRecord, items: readonly BatchItem[]): readonly BatchItem[] =>
  batch.status === 'trying' ? sampleOf(items, batch.settings.sample) : items

/**
 * Pure: told from the items alone, so that it holds across restarts. In any 60 seconds no more than `perMinute` analyses
 * are begun, no more than `concurrency` are under way at once, and what has been spent and is under way stays within the
 * budget by the estimates of the plan.
 */
export const paceOf = (batch: BatchRecord, items: readonly BatchItem[], at: Date): Pace => {
  const { perMinute, concurrency, budgetDollars } = batch.settings
  const reason = tooManyFail(batch, items)
  if (reason !== null) return { launch: [], pause: reason, waitMs: shortestWaitMs }

  const waiting = itemsInPlay(batch, items).filter(({ state }) => state === 'waiting')
  const recent = items
    .map(({ launchedAt }) => (launchedAt === null ? 0 : Date.parse(launchedAt)))
    .filter((time) => at.getTime() - time < minuteMs)
    .sort((a, b) => a - b)
  const underWay = items.filter(isUnderWay)
  const byRate = perMinute - recent.length
  const most = Math.max(0, Math.min(byRate, concurrency - underWay.length, mostLaunches))
  const launch: BatchItem[] = []
  let reckoned =
    items.reduce((sum, { dollars }) => sum + (dollars ?? 0), 0) +
    underWay.reduce((sum, { estimate }) => sum + estimate.dollars, 0)
  for (const item of waiting.slice(0, most)) {
    reckoned += item.estimate.dollars
    if (budgetDollars !== null && reckoned > budgetDollars) {
      const pause = `The budget of $${budgetDollars} does not cover the next dump: what is done and under way comes to about $${(reckoned - item.estimate.dollars).toPrecision(3)}.`
      return { launch, pause, waitMs: shortestWaitMs }
    }
    launch.push(item)
  }
  // When the oldest of the last minute's launches leaves it, the rate allows another one.
  const untilRate = byRate > 0 || recent.length === 0 ? 0 : recent[0] + minuteMs - at.getTime()
  return { launch, pause: null, waitMs: Math.min(longestWaitMs, Math.max(shortestWaitMs, untilRate)) }
}

const tooManyFail = ({ settings, startedAt }: BatchRecord, items: readonly BatchItem[]): string | null => {
  const ended = items.filter(
    ({ state, endedAt }) =>
      (state === 'done' || state === 'failed') && endedAt !== null && startedAt !== null && endedAt > startedAt,
  )
  const failed = ended.filter(({ state }) => state === 'failed')
  if (ended.length < fewestEnded || failed.length / ended.length <= settings.mostFailing) return null
  return `${failed.length} of the last ${ended.length} analyses failed, more than the share of ${percent(settings)} that was allowed. The first one: ${failed[0].note}`
}

const percent = ({ mostFailing }: BatchSettings): string => `${Math.round(mostFailing * 100)} %`
