import type { Retention } from '../../shared/cases/life/retention-api.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import type { FakeApi } from './fake-api.ts'
import { batchIn } from './fixtures/batches.ts'
import { caseDetail, stageRecord } from './fixtures/case-details.ts'
import { depletion2008 } from './fixtures/depletion-2008.ts'
import { growingServer } from './fixtures/growing-server.ts'
import { troubledOperations } from './fixtures/operations-trouble.ts'
import { healthy, inconclusive, refusedPng, sampled, suspects, triage } from './fixtures/other-verdicts.ts'
import { someWebhooks } from './fixtures/webhooks.ts'
import type { PortalUnderTest } from './portal-under-test.ts'
import type { PersonName } from './sign-in.ts'

/** A page in a state that is worth a look, the text that says it is there, and who looks: Ada Admin, if nobody is named. */
export type View = { readonly path: string; readonly ready: string | RegExp; readonly as?: PersonName | null }

const token = 't'.repeat(43)
const usedUp = 'u'.repeat(43)
const ended = 'e'.repeat(43)

const caseTabs = ['memory', 'pool', 'importers', 'modules', 'unloaded', 'big', 'transcript', 'raw', 'dump']

/** Every page of the portal, in every state that looks different. */
export const everyView: readonly View[] = [
  { path: '/', ready: 'SRV-DB-04' },
  { path: '/?state=open', ready: 'SRV-DB-04' },
  { path: '/?assignee=me&state=open', ready: 'No case matches' },
  { path: '/?status=done,failed&verdict=culprit,suspects&customer=Contoso&from=2020-01-01', ready: 'SRV-DB-04' },
  { path: '/?text=nothing-like-it', ready: 'No case matches' },
  { path: '/?view=causes', ready: '2 cases' },
  { path: '/?signature=cause-1', ready: 'SRV-DB-04' },
  { path: '/upload', ready: 'New case' },
  { path: '/cases/new', ready: 'For a dump that is yet to come' },
  { path: '/cases/solved', ready: 'Culprit found' },
  ...caseTabs.map((tab) => ({ path: `/cases/solved?tab=${tab}`, ready: 'Culprit found' })),
  { path: '/cases/suspects', ready: 'Suspects' },
  { path: '/cases/sampled', ready: 'Scan all pages' },
  { path: '/cases/inconclusive', ready: 'Inconclusive' },
  { path: '/cases/healthy', ready: 'Healthy' },
  { path: '/cases/small', ready: 'How to get a dump that can answer' },
  { path: '/cases/png', ready: 'What to do' },
  { path: '/cases/live', ready: 'Step 2 of 4' },
  { path: '/cases/failed', ready: 'The analysis could not be finished' },
  { path: '/cases/empty', ready: 'This case has no dump yet' },
  { path: '/cases/kept', ready: 'Legal hold' },
  { path: '/cases/nosuch', ready: 'There is no such case' },
  { path: '/cases/growing/compare', ready: '2 tags grow' },
  { path: '/cases/solved/compare', ready: 'A comparison takes two' },
  { path: '/reprocessing', ready: 'Better import search' },
  { path: '/reprocessing/new', ready: 'Plan it' },
  { path: '/reprocessing/running', ready: 'Better import search' },
  { path: '/reprocessing/paused', ready: 'More than 20 % failed' },
  { path: '/reprocessing/done', ready: 'Publish' },
  { path: '/operations', ready: 'Something is wrong' },
  { path: '/settings/webhooks', ready: 'Nothing has arrived for 3 days' },
  { path: '/no/such/page', ready: 'There is nothing at this address' },
  { path: '/', ready: 'SRV-DB-04', as: 'Vic Viewer' },
  { path: '/upload', ready: 'You may not do this', as: 'Vic Viewer' },
  { path: '/reprocessing/new', ready: 'You may not do this', as: 'Vic Viewer' },
  { path: '/operations', ready: 'You may not do this', as: 'Vic Viewer' },
  { path: '/settings/webhooks', ready: 'You may not do this', as: 'Vic Viewer' },
  { path: '/cases/solved', ready: 'Culprit found', as: 'Vic Viewer' },
  { path: `/vendor/${token}`, ready: 'Shared until', as: null },
  { path: `/vendor/${ended}`, ready: 'This report is no longer shared', as: null },
  { path: '/vendor/gone', ready: 'There is no report at this address', as: null },
  { path: `/upload/${token}`, ready: 'Send a memory dump to Contoso Support', as: null },
  { path: `/upload/${usedUp}`, ready: 'This link has been used up', as: null },
  { path: `/upload/${ended}`, ready: 'This link is not open', as: null },
  { path: '/signed-out', ready: 'You are signed out', as: null },
  { path: '/signed-in?error=access_denied', ready: 'You could not be signed in', as: null },
  { path: '/', ready: 'Sign in to dumpline', as: null },
]

/** Answers with an error status that some of these views are about: a browser logs each. */
export const expectedByViews = /status of (400|404|409|410)/

const kept: Retention = {
  hold: { at: '2026-10-01T08:00:00.000Z', by: 'leo', reason: 'The customer and the vendor are in court about it.' },
  warnDays: 7,
  dumps: [
    {
      dumpId: 'kept-d1',
      fileName: 'MEMORY.DMP',
      state: 'announced',
      until: '2027-01-01T00:00:00.000Z',
      reason: 'Kept for 30 days after the case was closed.',
    },
    {
      dumpId: 'kept-d0',
      fileName: 'OLD.DMP',
      state: 'deleted',
      until: '2026-01-01T00:00:00.000Z',
      reason: 'Its time was over.',
    },
  ],
  results: { state: 'kept', until: null, reason: 'Legal hold: The customer and the vendor are in court about it.' },
}

/** Puts into the fake API what these views show. */
export const fillEveryView = ({ putCase, fake }: PortalUnderTest): void => {
  const title = 'SRV-DB-04 stops answering every three weeks'
  const about: Partial<CaseRecord> = {
    host: 'SRV-DB-04',
    customer: 'Contoso',
    labels: ['production', 'escalated'],
    tickets: [{ url: 'https://tickets.example/INC-48213', name: 'INC-48213' }],
    signature: 'cause-1',
    status: 'done',
  }
  putCase(caseDetail({ caseId: 'solved', title, analysis: depletion2008, about }), depletion2008)
  const twin = { ...about, host: 'SRV-DB-05' }
  putCase(caseDetail({ caseId: 'twin', title: 'SRV-DB-05', analysis: depletion2008, about: twin }), depletion2008)
  const others = { suspects, sampled, inconclusive, healthy, png: refusedPng, small: triage, kept: healthy }
  for (const [caseId, analysis] of Object.entries(others))
    putCase(caseDetail({ caseId, title: `SRV-${caseId}`, analysis }), analysis)
  fake.cases.get('kept')!.retention = kept
  const running = [stageRecord('header', 'live-d1'), stageRecord('pool', 'live-d1', { status: 'running' })]
  putCase(caseDetail({ caseId: 'live', title: 'SRV-live', stages: running, caseStatus: 'analysing' }))
  const note = 'The function ran out of time three times. The operators have been told.'
  const failing = [stageRecord('header', 'failed-d1'), stageRecord('pool', 'failed-d1', { status: 'failed', note })]
  putCase(
    caseDetail({ caseId: 'failed', title: 'SRV-failed', status: 'failed', stages: failing, caseStatus: 'failed' }),
  )
  putCase({ ...caseDetail({ caseId: 'empty', title: 'SRV-empty', caseStatus: 'empty' }), dumps: [] })
  fake.cases.set('growing', growingServer())
  putBatches(fake)
  fake.operations = troubledOperations()
  fake.webhooks.push(...someWebhooks())
  fake.shared.set(token, depletion2008)
  fake.shared.set(ended, 'ended')
  const open = { company: 'Contoso Support', expiresAt: '2027-01-01T12:00:00.000Z', dumpsLeft: 5, bytesLeft: 2 ** 40 }
  fake.uploadLinks.set(token, open)
  fake.uploadLinks.set(usedUp, { ...open, dumpsLeft: 0 })
}

const putBatches = ({ batches }: FakeApi): void => {
  batches.set('running', batchIn('running', 'Better import search', 'running'))
  batches.set('paused', batchIn('paused', 'Session pool', 'paused', 'More than 20 % failed.'))
  batches.set('done', batchIn('done', 'Verdict weights of November', 'done'))
}
