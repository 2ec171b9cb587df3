import { AnalysisRecord } from '../../shared/cases/records.ts'
import { StartAnalysis } from '../../shared/cases/upload-api.ts'
import { refine } from '../aws/refine.ts'
import { conflict, notFound } from './problem.ts'
import { recordEvent } from './record-event.ts'
import { route } from './route.ts'

export const fullScanRoutes = [
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
      const store = ports.store(tenant)
      const dump = await store.dumps.get({ caseId, dumpId })
      if (dump === null) throw notFound('dump in this case')
      const { currentAnalysisId: analysisId } = dump
      const current = analysisId === null ? null : await store.analyses.get({ caseId, dumpId, analysisId })
      if (analysisId === null || current === null || current.status === 'running')
        throw conflict('analysis-not-done', 'The dump has no finished analysis yet that a scan could refine.')
      if (current.fullScan === true) throw conflict('already-scanned', 'All pages of this dump have been scanned.')

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
