import { CaseDetail, CreateCase } from '../../../shared/cases/api.ts'
import { CaseRecord } from '../../../shared/cases/records.ts'
import { spentOn } from '../../../shared/cost/estimate.ts'
import { notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { route } from '../route.ts'

export const caseRoutes = [
  route({
    method: 'POST',
    path: '/cases',
    permission: 'cases:write',
    summary: 'Open a case',
    status: 201,
    body: CreateCase,
    response: CaseRecord,
    run: async (request, ports) => {
      const { tenant, caller, body } = request
      const record: CaseRecord = {
        caseId: ports.newId('case'),
        ...body,
        createdAt: ports.now().toISOString(),
        createdBy: caller.subject,
        revision: 0,
        headline: null,
        verdict: null,
        driver: null,
        status: 'empty',
      }
      await ports.store(tenant).cases.insert(record, record)
      const event = { caseId: record.caseId, action: 'case.created', statement: 'The case was opened.' }
      await recordEvent(request, ports, event)
      return { value: record }
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
      return { value: withCosts(detail) }
    },
  }),
]

const withCosts = (detail: CaseDetail): CaseDetail => ({
  ...detail,
  dumps: detail.dumps.map(({ dump, analyses }) => ({
    dump,
    analyses: analyses.map((one) => ({ ...one, dollars: spentOn(one) })),
  })),
})
