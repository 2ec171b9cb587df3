import { CaseList } from '../../../shared/cases/api.ts'
import { CaseSearch } from '../../../shared/cases/search/case-search-api.ts'
import { route } from '../route.ts'

export const caseSearchRoutes = [
  route({
    method: 'GET',
    path: '/cases',
    permission: 'cases:read',
    summary: 'List and search cases, newest first',
    status: 200,
    query: CaseSearch,
    response: CaseList,
    run: async ({ tenant, caller, query: { limit, cursor, label, assignee, ...query } }, { store }) => {
      const who = assignee === 'me' ? caller.subject : assignee
      const page = await store(tenant).search(
        { ...query, labels: label, assignee: who },
        { limit, cursor: cursor ?? null },
      )
      return { value: page }
    },
  }),
]
