import { CaseGroups, GroupsPage } from '../../../shared/cases/life/case-life-api.ts'
import { route } from '../route.ts'

export const caseGroupRoutes = [
  route({
    method: 'GET',
    path: '/case-groups',
    permission: 'cases:read',
    summary: 'Groups of cases of one cause, the largest first; their cases by /api/cases?signature=',
    status: 200,
    query: GroupsPage,
    response: CaseGroups,
    run: async ({ tenant, query: { limit, cursor, signature } }, ports) => {
      const store = ports.store(tenant)
      if (signature === undefined) return { value: await store.groups({ limit, cursor: cursor ?? null }) }
      const group = await store.group(signature)
      return { value: { groups: group === null ? [] : [group], nextCursor: null } }
    },
  }),
]
