import { z } from 'zod'
import { Architecture } from '../../analysis/dump-facts.ts'
import { Count, Timestamp } from '../../analysis/scalars.ts'
import { isId } from '../ids.ts'
import { CaseQuery } from '../search/case-query.ts'
import { Stage } from '../stage.ts'
import { Difference } from './difference.ts'

/**
 * Old cases done again in batches, by a newer engine.
 *
 * A batch is one record, and each dump in it is another: an item. A query is asked once and its answer frozen into items
 * (`planning` → `planned`), so that what a batch is about does not move while it runs. Everything that is told of its
 * progress is counted from the items (batch-progress.ts); there is no counter that could be lost, and so no batch that
 * stands at 299 of 300 for ever: an item ends when its analysis did, failed, or is found to be gone.
 *
 *   planning → planned → trying → tried → running ⇄ paused → done → publishing → published → moving-back → moved-back
 *
 * Of these, `trying` (a sample, nothing is published) may be left out, whatever is not over may be cancelled, and what was
 * moved back may be published again (batch-transitions.ts).
 *
 * An item's analysis is a new one beside those the dump has (`beginFurtherAnalysis`). It begins at the first stage that
 * comes out differently by the versions the earlier one recorded, and takes over the results of the stages before. It
 * runs in the lane `reprocessing`, and its case does not know of it until the item is published; then the dump counts it
 * as its current one, and the case shows it if it showed the one before. Moving back does the reverse. Notes, tickets and
 * earlier analyses are never touched.
 *
 * One function works on batches, in steps of some seconds: it looks at the items, settles those whose analysis ended,
 * begins as many new ones as the rate, the concurrency and the budget allow (batch-pacing.ts), and sends itself a message
 * for the next step. A step holds the batch by a lease, so that two never work on one batch; a schedule takes up batches
 * whose message got lost. A pause or a cancellation is looked for before each analysis that is begun: at most those
 * under way, no more than the concurrency, come to their end after it.
 *
 * What happens when the world moves meanwhile:
 * - The case or its dump was deleted, or the dump is no longer in storage though bytes of it are needed: `impossible`.
 * - Another dump was uploaded to the case: the item's dump gets its new analysis, and the case goes on showing the other.
 * - The dump got another current analysis since (by another batch, say): publishing leaves it alone and says so.
 * - The case is on legal hold: its analysis is made, which adds and changes nothing, but publishing leaves the case as it
 *   stands and says so. Published again after the hold, it moves.
 */
export const BatchStatus = z.enum([
  'planning',
  'planned',
  'trying',
  'tried',
  'running',
  'paused',
  'done',
  'cancelled',
  'publishing',
  'published',
  'moving-back',
  'moved-back',
])
export type BatchStatus = z.infer<typeof BatchStatus>

/** A plan that finds more is cut off, and says so: a batch's items are read at each of its steps. */
export const mostItems = 5_000

/** The ids that a query lists are part of the batch's own record. */
const mostCaseIds = 1_000

const caseIds = z
  .array(z.string().refine((text) => isId('case', text), 'is not the id of a case'))
  .min(1)
  .max(mostCaseIds)

/**
 * Which dumps are meant: all that is said must hold. Beside what a search for cases takes, a list of them, and what is
 * asked of a dump and its current analysis.
 */
export const BatchQuery = CaseQuery.extend({
  caseIds: caseIds.optional(),
  /** Made by an engine of a version before this one. */
  engineOlderThan: z
    .string()
    .regex(/^\d+(\.\d+){0,2}$/, 'is not a version such as 1.4.0')
    .optional(),
  /** Windows builds, both included. */
  buildFrom: Count.optional(),
  buildTo: Count.optional(),
  architecture: z.array(Architecture).min(1).max(10).optional(),
})
export type BatchQuery = z.infer<typeof BatchQuery>

export const BatchSettings = z.strictObject({
  /** Analyses begun in any 60 seconds, at most. */
  perMinute: z.number().int().min(1).max(6_000).default(60),
  /** Analyses under way at once, at most. */
  concurrency: z.number().int().min(1).max(200).default(10),
  /** It pauses before it would cost more than so many dollars; null: no limit. */
  budgetDollars: z.number().positive().max(1e6).nullable().default(null),
  /** It pauses when more than this share of the analyses that ended since it was started or resumed failed. */
  mostFailing: z.number().min(0).max(1).default(0.2),
  /** Where analyses begin at the latest; `auto` leaves it to the versions alone. */
  beginAt: z.enum(['auto', ...Stage.options]).default('auto'),
  /** Whether each case moves when its analysis is done, or all when somebody has looked at the differences. */
  publish: z.enum(['at-once', 'after-review']).default('after-review'),
  /** Analyses of a dry run. */
  sample: z.number().int().min(1).max(500).default(50),
})
export type BatchSettings = z.infer<typeof BatchSettings>

export const BatchRecord = z.object({
  batchId: z.string(),
  name: z.string(),
  status: BatchStatus,
  query: BatchQuery,
  /** Dumps that match this are left out; null: none are. */
  exclude: BatchQuery.nullable(),
  settings: BatchSettings,
  createdAt: Timestamp,
  createdBy: z.string(),
  plannedAt: Timestamp.nullable(),
  /** When it last began to run: it was tried, started or resumed. */
  startedAt: Timestamp.nullable(),
  /** When nothing of it was left to run. */
  endedAt: Timestamp.nullable(),
  publishedAt: Timestamp.nullable(),
  /** How often it was asked to be published or moved back. */
  turn: Count,
  /** When it was last asked so. */
  turnedAt: Timestamp.optional(),
  /** Where planning goes on; null at its beginning and after its end. */
  planCursor: z.string().nullable(),
  /** The plan was cut off at `mostItems`. */
  cutOff: z.boolean(),
  /** Why it is paused, as a sentence, and what it goes on with. */
  pause: z.object({ reason: z.string(), at: Timestamp, goesOnWith: z.enum(['trying', 'running']) }).nullable(),
  /** The step that works on it, and until when that may be alive. */
  lease: z.object({ holder: z.string(), until: Timestamp }).nullable(),
  /** When its next step is due; null while nobody has to work on it. */
  stepAt: Timestamp.nullable(),
})
export type BatchRecord = z.infer<typeof BatchRecord>

/** `launching`: its analysis has an id and is being set up. */
export const ItemState = z.enum(['waiting', 'launching', 'running', 'done', 'failed', 'impossible'])
export type ItemState = z.infer<typeof ItemState>

/** What publishing did to a case. `kept`: the case was left as it stands, for a reason. */
export const Publication = z.object({
  state: z.enum(['published', 'kept', 'moved-back']),
  /** Which of the batch's turns did it. */
  turn: Count,
  at: Timestamp,
  reason: z.string().nullable(),
})
export type Publication = z.infer<typeof Publication>

/** One dump of a batch. */
export const BatchItem = z.object({
  batchId: z.string(),
  caseId: z.string(),
  dumpId: z.string(),
  caseTitle: z.string(),
  bytes: Count,
  state: ItemState,
  /** Whether it could be done when it was planned: the sample is chosen among these. */
  possible: z.boolean(),
  /** The dump is no kernel dump that the earlier engine could read. */
  refused: z.boolean(),
  /** The analysis that counted when it was planned or begun, and that the new one is compared with. */
  earlierId: z.string().nullable(),
  /** The first stage that runs. */
  beginAt: Stage,
  /** What it is expected to take. */
  estimate: z.object({ dollars: z.number(), milliseconds: z.number() }),
  /** The new analysis. */
  analysisId: z.string().nullable(),
  launchedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  /** What it took, told from its counted requests, bytes and milliseconds. */
  dollars: z.number().nullable(),
  difference: Difference.nullable(),
  /** Why it failed or is impossible, as a sentence. */
  note: z.string().nullable(),
  publication: Publication.nullable(),
})
export type BatchItem = z.infer<typeof BatchItem>
