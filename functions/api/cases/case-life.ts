import { changeDetails, closeCase, describeChanges, reopenCase } from '../../../shared/cases/life/case-life.ts'
import { ChangeCase } from '../../../shared/cases/life/case-life-api.ts'
import { CaseRecord } from '../../../shared/cases/records.ts'
import type { Step } from '../../../shared/cases/transitions.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { type ApiRequest, route } from '../route.ts'

const changedMeanwhile = 'Somebody else changed this case meanwhile. Look at how it is now, then change it again.'

export const caseLifeRoutes = [
  route({
    method: 'PATCH',
    path: '/cases/{caseId}',
    permission: 'cases:write',
    summary: 'Change what is said about a case, unless somebody else did since it was read (409)',
    status: 200,
    body: ChangeCase,
    response: CaseRecord,
    run: async (request, ports) => {
      const { revision, ...changes } = request.body
      const { caseId } = request.path
      let before: CaseRecord | null = null
      const { record, refused } = await ports.store(request.tenant).cases.change({ caseId }, (current) => {
        before = current
        return changeDetails(current, revision, changes)
      })
      if (record === null || before === null) throw notFound('case')
      if (refused !== undefined) throw conflict('changed-meanwhile', changedMeanwhile)
      const statement = describeChanges(before, record).join(' ')
      if (statement !== '') await recordEvent(request, ports, { caseId, action: 'case.changed', statement })
      return { value: record }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/close',
    permission: 'cases:write',
    summary: 'Close a case; a new dump opens it again',
    status: 200,
    response: CaseRecord,
    run: async (request, ports) => {
      const step = (record: CaseRecord) => closeCase(record, request.caller.subject, ports.now())
      return { value: await turn(request, ports, step, { action: 'case.closed', statement: 'The case was closed.' }) }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/reopen',
    permission: 'cases:write',
    summary: 'Open a closed case again',
    status: 200,
    response: CaseRecord,
    run: async (request, ports) => {
      const event = { action: 'case.reopened', statement: 'The case was opened again.' }
      return { value: await turn(request, ports, reopenCase, event) }
    },
  }),
]

/** Closes or reopens. A case that is so already stays as it is, and nothing is recorded. */
const turn = async (
  request: ApiRequest<unknown, unknown>,
  ports: ApiPorts,
  step: (record: CaseRecord) => Step<CaseRecord>,
  event: { readonly action: string; readonly statement: string },
): Promise<CaseRecord> => {
  const { caseId } = request.path
  const { record, refused } = await ports.store(request.tenant).cases.change({ caseId }, step)
  if (record === null) throw notFound('case')
  if (refused === undefined) await recordEvent(request, ports, { caseId, ...event })
  return record
}
