import { History, HistoryPage } from '../../../shared/cases/life/case-life-api.ts'
import { notFound } from '../problem.ts'
import { route } from '../route.ts'

export const caseHistoryRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/history',
    permission: 'cases:read',
    summary: 'What happened to a case and who did it, newest first',
    status: 200,
    query: HistoryPage,
    response: History,
    run: async ({ tenant, path: { caseId }, query: { limit, cursor } }, ports) => {
      const store = ports.store(tenant)
      if ((await store.cases.get({ caseId })) === null) throw notFound('case')
      const found = await store.history(caseId, { limit: limit + 1, before: cursor ?? null })
      const events = found.slice(0, limit)
      return { value: { events, nextCursor: found.length > limit ? (events.at(-1)?.eventId ?? null) : null } }
    },
  }),
]
