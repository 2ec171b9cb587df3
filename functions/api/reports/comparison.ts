import { Analysis } from '../../../shared/analysis/analysis.ts'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import { CaseComparison, ComparisonQuery, mostDumpsCompared } from '../../../shared/cases/comparison-api.ts'
import { compare } from '../../../shared/growth/compare.ts'
import { byTime, type Comparable, hasPool } from '../../../shared/growth/compared.ts'
import type { Documents } from '../../aws/documents.ts'
import { conflict, notFound } from '../problem.ts'
import { route } from '../route.ts'
import { readAnalysis } from './stored-analysis.ts'

type Source = CaseComparison['sources'][number]
type Compared = Comparable & { readonly source: Source }

export const comparisonRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/comparison',
    permission: 'cases:read',
    summary: 'What grew between dumps of a case, from their stored analyses',
    status: 200,
    query: ComparisonQuery,
    response: CaseComparison,
    run: async ({ tenant, path: { caseId }, query: { dumps: chosen } }, { store, documents }) => {
      const detail = await store(tenant).detail(caseId)
      if (detail === null) throw notFound('case')
      const sources = chosen === undefined ? newestAnalysed(detail) : chosen.map((dumpId) => sourceOf(detail, dumpId))
      if (sources.length < 2)
        throw conflict('too-few-dumps', 'A comparison takes two analysed dumps; this case has fewer.')
      // One after the other: of each document only what is compared stays in memory.
      const analyses: Compared[] = []
      for (const source of sources) analyses.push(await readComparable(documents, { tenant, caseId }, source))
      const compared = byTime(analyses).filter(hasPool)
      return { value: { ...compare(analyses), sources: compared.map(({ source }) => source) } }
    },
  }),
]

/** The analysis that counts for each dump that has one, of the newest dumps. */
const newestAnalysed = ({ dumps }: CaseDetail): Source[] =>
  dumps
    .toSorted((a, b) => (a.dump.createdAt < b.dump.createdAt ? -1 : 1))
    .flatMap((one) => finished(one) ?? [])
    .slice(-mostDumpsCompared)

const sourceOf = ({ dumps }: CaseDetail, dumpId: string): Source => {
  const one = dumps.find(({ dump }) => dump.dumpId === dumpId)
  if (one === undefined) throw notFound('dump in this case')
  const source = finished(one)
  if (source === null) throw conflict('analysis-not-done', `The analysis of ${dumpId} is not finished.`)
  return source
}

const finished = ({ dump, analyses }: CaseDetail['dumps'][number]): Source | null => {
  const { dumpId, fileName } = dump
  const current = analyses.find(({ analysis }) => analysis.analysisId === dump.currentAnalysisId)?.analysis
  return current?.status === 'done' ? { dumpId, fileName, analysisId: current.analysisId } : null
}

type CaseId = { readonly tenant: string; readonly caseId: string }

const readComparable = async (documents: Documents, id: CaseId, source: Source): Promise<Compared> => {
  const text = await readAnalysis(documents, { ...id, ...source })
  const { dump, modules, unloadedModules, memory, findings, pool } = Analysis.parse(JSON.parse(text))
  return { dump, modules, unloadedModules, memory, findings, pool, source }
}
