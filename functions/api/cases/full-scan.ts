import { analysedBytes } from '../../../shared/cases/archived-dump.ts'
import { FullScanEstimate, StartAnalysis } from '../../../shared/cases/links/upload-api.ts'
import { AnalysisRecord, type DumpRecord } from '../../../shared/cases/records.ts'
import { estimateOf } from '../../../shared/cost/estimate.ts'
import { refine } from '../../aws/refine.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { type ApiRequest, route } from '../route.ts'

type OfDump = Pick<ApiRequest<unknown, unknown>, 'tenant' | 'path'>

/** A dump and the finished analysis of it that a scan of all pages would refine. */
const toRefine = async (
  { tenant, path: { caseId, dumpId } }: OfDump,
  ports: ApiPorts,
): Promise<{ readonly dump: DumpRecord; readonly current: AnalysisRecord }> => {
  const store = ports.store(tenant)
  const dump = await store.dumps.get({ caseId, dumpId })
  if (dump === null) throw notFound('dump in this case')
  const { currentAnalysisId: analysisId } = dump
  const current = analysisId === null ? null : await store.analyses.get({ caseId, dumpId, analysisId })
  if (current === null || current.status === 'running')
    throw conflict('analysis-not-done', 'The dump has no finished analysis yet that a scan could refine.')
  if (current.fullScan === true) throw conflict('already-scanned', 'All pages of this dump have been scanned.')
  if (dump.status === 'deleted')
    throw conflict('dump-deleted', 'This dump was deleted, because its time was over. Its pages can no longer be read.')
  return { dump, current }
}

export const fullScanRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/dumps/{dumpId}/full-scan',
    permission: 'cases:read',
    summary: 'What a scan of all pages of a dump would take, before one is asked for',
    status: 200,
    response: FullScanEstimate,
    run: async (request, ports) => {
      const { dump } = await toRefine(request, ports)
      const scan = { bytes: analysedBytes(dump), beginAt: 'pool', fullScan: true, lane: 'interactive' } as const
      const { parts, dollars, milliseconds } = estimateOf(scan)
      return { value: { parts, dollars, seconds: Math.ceil(milliseconds / 1000) } }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/dumps/{dumpId}/analyses',
    permission: 'cases:write',
    summary:
      'Have all pages of a dump scanned: a further analysis, which counts once it is done. A repeat names the same one',
    status: 201,
    body: StartAnalysis,
    response: AnalysisRecord,
    run: async (request, ports) => {
      const { tenant, body } = request
      const { caseId, dumpId } = request.path
      const { dump, current } = await toRefine(request, ports)
      const { analysisId } = current
      const store = ports.store(tenant)
      const id = { tenant, caseId, dumpId, analysisId }
      const earlier = current.refinedBy ?? null
      const begun = earlier === null ? null : await store.analyses.get({ ...id, analysisId: earlier })
      if (begun?.status === 'running') return { value: begun }
      // One that ended and yet does not count came to nothing: some part of it could not be done.
      const again = begun === null ? null : earlier
      const refining = await refine({ ...ports, store }, dump, id, body.lane, again)
      const record = refining === null ? null : await store.analyses.get({ ...id, analysisId: refining })
      if (record === null) throw conflict('not-analysed', 'The analysis of this dump cannot be refined.')
      const statement = `A scan of all pages of ${dump.fileName} was asked for.`
      await recordEvent(request, ports, { caseId, action: 'analysis.started', statement })
      return { value: record }
    },
  }),
]
