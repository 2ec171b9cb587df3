import type { UploadLinkRecord } from '../../shared/cases/links/upload-link.ts'
import type { AnalysisRecord, CaseRecord, DumpRecord, StageRecord } from '../../shared/cases/records.ts'
import type { WebhookRecord } from '../../shared/cases/webhooks/webhook.ts'

/** Records to start tests from. */
export const ids = {
  caseId: 'case_00000000010000000000000000',
  dumpId: 'dump_00000000010000000000000000',
  analysisId: 'analysis_00000000010000000000000000',
}
export const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
export const start = new Date('2026-05-04T10:00:00.000Z')
export const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)

export const caseRecord: CaseRecord = {
  caseId: ids.caseId,
  title: 'Server stops answering',
  createdAt: start.toISOString(),
  headline: null,
  verdict: null,
  driver: null,
}

export const uploadingDump: DumpRecord = {
  caseId: ids.caseId,
  dumpId: ids.dumpId,
  fileName: 'MEMORY.DMP',
  bytes: 20 * 2 ** 20,
  status: 'uploading',
  createdAt: start.toISOString(),
  uploadedAt: null,
  etag: null,
  versionId: null,
  currentAnalysisId: null,
  lane: 'interactive',
  traceId,
}

export const finishedObject = { bytes: 20 * 2 ** 20, etag: 'abc-3', versionId: 'v1' }

export const uploadedDump: DumpRecord = {
  ...uploadingDump,
  ...finishedObject,
  status: 'uploaded',
  uploadedAt: start.toISOString(),
}

export const analysisRecord: AnalysisRecord = {
  ...ids,
  engineVersion: '0.1.0',
  status: 'running',
  createdAt: start.toISOString(),
  finishedAt: null,
  headline: null,
  verdict: null,
}

export const queuedStage: StageRecord = {
  dumpId: ids.dumpId,
  analysisId: ids.analysisId,
  stage: 'pool',
  status: 'queued',
  attempt: 1,
  startedAt: null,
  finishedAt: null,
  cost: null,
  note: null,
}

export const uploadLink: UploadLinkRecord = {
  caseId: ids.caseId,
  linkId: 'link_1',
  company: 'Example Ltd',
  note: '',
  createdAt: start.toISOString(),
  createdBy: 'engineer',
  expiresAt: after(14 * 86_400).toISOString(),
  revokedAt: null,
  maxDumps: 2,
  maxBytes: 100 * 2 ** 20,
  dumps: [],
}

export const webhookRecord: WebhookRecord = {
  webhookId: 'webhook_00000000010000000000000001',
  url: 'https://hooks.example.com/',
  description: '',
  events: ['analysis.finished', 'analysis.failed'],
  createdAt: start.toISOString(),
  createdBy: 'ada',
  secret: `whsec_${'A'.repeat(43)}=`,
  previous: null,
  failing: null,
  disabled: null,
}

export const someCost = { bytesRead: 4096, reads: 2, milliseconds: 7, peakMemoryBytes: 1000 }
