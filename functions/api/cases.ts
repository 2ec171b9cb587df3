import { z } from 'zod'
import { CaseDetail, CaseList, CreateCase } from '../../shared/cases/api.ts'
import { isId } from '../../shared/cases/ids.ts'
import { CaseRecord } from '../../shared/cases/records.ts'
import { notFound } from './problem.ts'
import { route } from './route.ts'

/** `cursor` is the `nextCursor` of the page before: its last case. */
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z
    .string()
    .refine((text) => isId('case', text), 'is not a cursor of this list')
    .optional(),
})

export const caseRoutes = [
  route({
    method: 'POST',
    path: '/cases',
    permission: 'cases:write',
    summary: 'Open a case',
    status: 201,
    body: CreateCase,
    response: CaseRecord,
    run: async ({ tenant, body }, { store, newId, now }) => {
      const record: CaseRecord = {
        caseId: newId('case'),
        title: body.title,
        createdAt: now().toISOString(),
        headline: null,
        verdict: null,
        driver: null,
        status: 'empty',
      }
      await store(tenant).cases.insert(record, record)
      return { value: record }
    },
  }),
  route({
    method: 'GET',
    path: '/cases',
    permission: 'cases:read',
    summary: 'List cases, newest first',
    status: 200,
    query: Page,
    response: CaseList,
    run: async ({ tenant, query: { limit, cursor } }, { store }) => {
      // One more than asked for tells whether another page follows.
      const found = await store(tenant).list(limit + 1, cursor ?? null)
      const cases = found.slice(0, limit)
      return { value: { cases, nextCursor: found.length > limit ? (cases.at(-1)?.caseId ?? null) : null } }
    },
  }),
  route({
    method: 'GET',
    path: '/cases/{caseId}',
    permission: 'cases:read',
    summary: 'A case with its dumps, their analyses and how far each stage is',
    status: 200,
    response: CaseDetail,
    run: async ({ tenant, path }, { store }) => {
      const detail = await store(tenant).detail(path.caseId)
      if (detail === null) throw notFound('case')
      return { value: detail }
    },
  }),
]
