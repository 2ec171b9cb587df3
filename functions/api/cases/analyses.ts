import { Analysis } from '../../../shared/analysis/analysis.ts'
import { type AnalysisId, analysisKey } from '../../../shared/cases/object-keys.ts'
import type { Documents } from '../../aws/documents.ts'
import { conflict, notFound } from '../problem.ts'
import { analysisBytes, readAnalysis } from '../reports/stored-analysis.ts'
import { type Reply, route } from '../route.ts'

/**
 * A function may answer with 6 MB, and the document travels as a string inside JSON, where each quote becomes two
 * characters. Whatever is longer is fetched from storage itself, by a link that holds for minutes.
 */
const mostInlineBytes = 4 * 2 ** 20

/** The stored `Analysis` itself, or where to fetch it. */
const analysisReply = async (documents: Documents, id: AnalysisId): Promise<Reply> => {
  if ((await analysisBytes(documents, id)) > mostInlineBytes) return { redirect: await documents.link(analysisKey(id)) }
  return { json: await readAnalysis(documents, id) }
}

export const analysisRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/dumps/{dumpId}/analyses/{analysisId}',
    permission: 'cases:read',
    summary: 'A finished analysis; a long one by redirection (307) to a short-lived link',
    status: 200,
    response: Analysis,
    redirects: true,
    run: async ({ tenant, path: { caseId, dumpId, analysisId } }, { store, documents }) => {
      const id = { tenant, caseId, dumpId, analysisId }
      const record = await store(tenant).analyses.get(id)
      if (record === null) throw notFound('analysis of this dump')
      if (record.status !== 'done') throw conflict('analysis-not-done', `This analysis is ${record.status}.`)
      return analysisReply(documents, id)
    },
  }),
]
