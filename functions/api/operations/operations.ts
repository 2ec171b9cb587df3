import {
  CostQuery,
  CostReport,
  type DayCost,
  DeadLetterReport,
  FailureList,
  FailurePageQuery,
  QueueReport,
  Redrive,
  RedriveList,
  RedrivePage,
  StartedRedrive,
  UnderWayReport,
  VersionReport,
} from '../../../shared/cases/operations/operations-api.ts'
import { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import type { Spending, Worker } from '../../../shared/cases/operations/spending.ts'
import type { AnalysisUnderWay } from '../../../shared/cases/operations/under-way.ts'
import type { VersionUse } from '../../../shared/cases/operations/versions-in-use.ts'
import { dayOf } from '../../../shared/cases/operations/work-list.ts'
import { analysisStages } from '../../../shared/cases/stage.ts'
import { dollarsOfWork } from '../../../shared/cost/dollars-of-work.ts'
import { prices } from '../../../shared/cost/prices.ts'
import { dataVersions } from '../../../shared/stages/versions.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict } from '../problem.ts'
import { route } from '../route.ts'
import { addresseeOf } from './dead-letters.ts'

/** Dead letters of one owner that are looked at. */
const mostOfOwner = 20

const dayMs = 86_400_000

export const operationsRoutes = [
  route({
    method: 'GET',
    path: '/operations/queues',
    permission: 'operations:run',
    summary: 'What waits, is worked on and has become a dead letter, in each queue of the installation',
    status: 200,
    response: QueueReport,
    run: async ({ tenant }, { queues, operations, now }) => {
      const takenAt = now().toISOString()
      const [waiting, deadLetters, { analyses }] = await Promise.all([
        queues.waiting(),
        queues.deadLetters(),
        operations(tenant).underWay(),
      ])
      const since = oldestWaits(analyses)
      const withAge = waiting.map((figures) => ({
        ...figures,
        oldestWaitsSince: since.get(`${figures.queue} ${figures.lane}`) ?? null,
      }))
      return { value: { takenAt, queues: withAge, deadLetters } }
    },
  }),
  route({
    method: 'GET',
    path: '/operations/dead-letters',
    permission: 'operations:run',
    summary: 'Dead letters about the tenant’s cases, with what became of the stage; some of them, where there are many',
    status: 200,
    response: DeadLetterReport,
    run: async ({ tenant }, ports) => ({ value: await deadLetters(tenant, ports) }),
  }),
  route({
    method: 'GET',
    path: '/operations/redrives',
    permission: 'operations:run',
    summary: 'Who of the tenant had dead letters sent again, newest first',
    status: 200,
    query: RedrivePage,
    response: RedriveList,
    run: async ({ tenant, query: { limit, cursor } }, { operations }) => {
      const found = await operations(tenant).listEvents(limit + 1, cursor ?? null)
      const redrives = found.slice(0, limit)
      return { value: { redrives, nextCursor: found.length > limit ? (redrives.at(-1)?.eventId ?? null) : null } }
    },
  }),
  route({
    method: 'POST',
    path: '/operations/redrives',
    permission: 'operations:run',
    summary: 'Send the dead letters of one queue again; the answer does not wait until they are on their way',
    status: 201,
    body: Redrive,
    response: StartedRedrive,
    run: async ({ tenant, caller, body: { queue } }, { queues, operations, newId, now }) => {
      const messages = await queues.redrive(queue)
      if (messages === 'running')
        throw conflict('redrive-running', `The dead letters of ${queue} are being sent again already.`)
      if (messages === 0) throw conflict('no-dead-letters', `There are no dead letters of ${queue}.`)
      const at = now().toISOString()
      const statement = `The dead letters of ${queue} were sent again: about ${messages}.`
      const event = { eventId: newId('event'), at, actor: caller.subject, action: 'dead-letters.redriven', statement }
      await operations(tenant).events.insert(event, event)
      return { value: { queue, messages, startedAt: at } }
    },
  }),
  route({
    method: 'GET',
    path: '/operations/failures',
    permission: 'operations:run',
    summary: 'Stages and shards that ended failed, with their cause, newest first',
    status: 200,
    query: FailurePageQuery,
    response: FailureList,
    run: async ({ tenant, query: { limit, cursor } }, { operations, now }) => ({
      value: {
        takenAt: now().toISOString(),
        ...(await operations(tenant).failures({ limit, cursor: cursor ?? null })),
      },
    }),
  }),
  route({
    method: 'GET',
    path: '/operations/analyses',
    permission: 'operations:run',
    summary: 'Analyses under way and what they are at, the oldest first; some of them, where there are many',
    status: 200,
    response: UnderWayReport,
    run: async ({ tenant }, { operations, now }) => ({
      value: { takenAt: now().toISOString(), ...(await operations(tenant).underWay()) },
    }),
  }),
  route({
    method: 'GET',
    path: '/operations/cost',
    permission: 'operations:run',
    summary: 'What the stages of the tenant’s analyses cost, by day and by function, at list prices',
    status: 200,
    query: CostQuery,
    response: CostReport,
    run: async ({ tenant, query: { days } }, { operations, now }) => {
      const at = now()
      const store = operations(tenant)
      const named = Array.from({ length: days }, (_, ago) => dayOf(new Date(at.getTime() - ago * dayMs)))
      const tallies = await Promise.all(named.map((day) => store.spent(day, at)))
      return {
        value: {
          takenAt: at.toISOString(),
          days: tallies.map(({ sums }, index) => dayCost(named[index], sums)),
          behind: tallies.some(({ behind }) => behind),
          prices: { region: prices.region, asOf: prices.asOf },
        },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/operations/versions',
    permission: 'operations:run',
    summary: 'Which versions of the engine and of its stages finished analyses were made by, and how many by each',
    status: 200,
    response: VersionReport,
    run: async ({ tenant }, { operations, now, engineVersion }) => {
      const at = now()
      const { sums, behind } = await operations(tenant).versions(at)
      const stages = analysisStages.map((stage) => ({
        stage,
        current: dataVersions[`stage-${stage}`],
        used: usedVersions(sums.stages[stage] ?? {}),
      }))
      return {
        value: { takenAt: at.toISOString(), engine: engineVersion, engines: usedVersions(sums.engine), stages, behind },
      }
    },
  }),
]

/** Of each queue, by owner and lane: since when the analysis waits that has waited longest. */
const oldestWaits = (analyses: readonly AnalysisUnderWay[]): Map<string, string> => {
  const oldest = new Map<string, string>()
  for (const { stage, lane, status, since } of analyses) {
    const name = `${stage} ${lane}`
    const known = oldest.get(name)
    if (status === 'queued' && (known === undefined || since < known)) oldest.set(name, since)
  }
  return oldest
}

/** Messages of other tenants are counted here, and nothing in them leaves this function. */
const deadLetters = async (
  tenant: string,
  { queues, operations, now }: Pick<ApiPorts, 'queues' | 'operations' | 'now'>,
): Promise<DeadLetterReport> => {
  const takenAt = now().toISOString()
  const figures = await queues.deadLetters()
  const owners = QueueOwner.options.filter((owner) =>
    figures.some(({ queue, messages }) => queue === owner && messages > 0),
  )
  const peeked = await Promise.all(
    owners.map(async (owner) => (await queues.peek(owner)).slice(0, mostOfOwner).map((letter) => ({ owner, letter }))),
  )
  const seen = peeked.flat()
  const own = seen.flatMap(({ owner, letter: { messageId, body, sentAt } }) => {
    const addressee = addresseeOf(owner, body)
    return addressee?.tenant === tenant
      ? [{ queue: owner, messageId, sentAt: sentAt.toISOString(), ...addressee.about }]
      : []
  })
  const all = figures.reduce((sum, { messages }) => sum + messages, 0)
  return {
    takenAt,
    letters: await operations(tenant).explainLetters(own),
    others: seen.length - own.length,
    partial: seen.length < all,
  }
}

const dayCost = (day: string, spending: Spending): DayCost => {
  const workers = (Object.keys(spending) as Worker[]).map((worker) => {
    const spent = spending[worker]!
    return { worker, ...spent, dollars: dollarsOfWork(worker, spent, prices) }
  })
  return { day, dollars: workers.reduce((sum, { dollars }) => sum + dollars, 0), workers }
}

const usedVersions = (uses: Readonly<Record<string, VersionUse>>) =>
  Object.entries(uses)
    .map(([version, use]) => ({ version, ...use }))
    .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1))
