import type { Changed } from '../../../shared/cases/collection.ts'
import {
  emptyRetention,
  extendKept,
  liftHold,
  type RetentionRecord,
  setHold,
} from '../../../shared/cases/life/retention.ts'
import { ExtendRetention, HoldReason, Retention, retentionView } from '../../../shared/cases/life/retention-api.ts'
import type { ApiPorts } from '../ports.ts'
import { badRequest, conflict, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { type ApiRequest, route } from '../route.ts'

type Request = Pick<ApiRequest<unknown, unknown>, 'tenant' | 'path'>

const mostYears = 10

/** What is kept, as it now stands. A case without dumps has nothing to keep yet. */
const viewOf = async ({ tenant, path: { caseId } }: Request, ports: ApiPorts): Promise<Retention> => {
  const store = ports.store(tenant)
  const [detail, record] = await Promise.all([store.detail(caseId), store.retention.get({ caseId })])
  if (detail === null) throw notFound('case')
  return retentionView(detail, record ?? emptyRetention(caseId, ports.now()), ports.retentionPolicy, ports.now())
}

/** A decision may come before the first dump, and before a case of an earlier version has a record. */
const begun = async ({ tenant, path: { caseId } }: Request, ports: ApiPorts): Promise<void> => {
  const store = ports.store(tenant)
  if ((await store.cases.get({ caseId })) === null) throw notFound('case')
  await store.retention.insert({ caseId }, emptyRetention(caseId, ports.now()))
}

const orConflict = ({ refused }: Changed<RetentionRecord>): boolean => {
  if (refused === 'absent') throw notFound('dump in this case')
  if (refused === 'conflict') throw conflict('being-deleted', 'It is being deleted already, which cannot be stopped.')
  return refused === undefined
}

export const retentionRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/retention',
    permission: 'cases:read',
    summary: 'What is kept of a case, until when and why',
    status: 200,
    response: Retention,
    run: async (request, ports) => ({ value: await viewOf(request, ports) }),
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/retention/extension',
    permission: 'retention:write',
    summary: 'Keep a dump, or the results of a case, longer, with a reason',
    status: 200,
    body: ExtendRetention,
    response: Retention,
    run: async (request, ports) => {
      const { dumpId, until, reason } = request.body
      const { caseId } = request.path
      const now = ports.now()
      const date = new Date(until)
      if (date <= now || date.getTime() > now.getTime() + mostYears * 366 * 86_400_000)
        throw badRequest('no-such-date', `Name a day in the future, within ${mostYears} years.`)
      await begun(request, ports)
      const store = ports.store(request.tenant)
      const by = { by: request.caller.subject, reason, at: now }
      const changed = await store.retention.change({ caseId }, (record) =>
        extendKept(record, dumpId ?? 'results', date, by),
      )
      if (orConflict(changed)) {
        const dump = dumpId === null ? null : await store.dumps.get({ caseId, dumpId })
        const what = dump === null ? 'What the analyses found' : `The dump ${dump.fileName}`
        const statement = `${what} is kept until ${until.slice(0, 10)} at least: ${reason}`
        await recordEvent(request, ports, { caseId, action: 'retention.extended', statement })
      }
      return { value: await viewOf(request, ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/hold',
    permission: 'retention:write',
    summary: 'Put a case under a legal hold, with a reason: nothing of it is deleted',
    status: 200,
    body: HoldReason,
    response: Retention,
    run: async (request, ports) => {
      const { caseId } = request.path
      await begun(request, ports)
      const by = { by: request.caller.subject, reason: request.body.reason, at: ports.now() }
      const changed = await ports.store(request.tenant).retention.change({ caseId }, (record) => setHold(record, by))
      if (orConflict(changed)) {
        const statement = `The case was put under a legal hold: ${request.body.reason}`
        await recordEvent(request, ports, { caseId, action: 'hold.set', statement })
      }
      return { value: await viewOf(request, ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/hold/lift',
    permission: 'retention:write',
    summary: 'Lift the legal hold of a case, with a reason',
    status: 200,
    body: HoldReason,
    response: Retention,
    run: async (request, ports) => {
      const { caseId } = request.path
      await begun(request, ports)
      const changed = await ports.store(request.tenant).retention.change({ caseId }, liftHold)
      if (orConflict(changed)) {
        const statement = `The legal hold was lifted: ${request.body.reason}`
        await recordEvent(request, ports, { caseId, action: 'hold.lifted', statement })
      }
      return { value: await viewOf(request, ports) }
    },
  }),
]
