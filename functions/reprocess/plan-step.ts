import type { CaseDetail } from '../../shared/cases/api.ts'
import { analysedBytes } from '../../shared/cases/archived-dump.ts'
import { type BatchItem, type BatchRecord, mostItems } from '../../shared/cases/batches/batch.ts'
import { casePart, hasExclusion, matchesCase, matchesDump } from '../../shared/cases/batches/batch-query.ts'
import { notePlan } from '../../shared/cases/batches/batch-transitions.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { estimateOf } from '../../shared/cost/estimate.ts'
import { readFacts, whereToBegin, whyUnreadable } from './earlier-analysis.ts'
import { inParallel } from './in-parallel.ts'
import type { ReprocessPorts } from './ports.ts'

/** Cases looked at before it is written down how far the walk is: so many are looked at again after a crash. */
const casesPerPage = 50
const casesAtOnce = 8

/**
 * Walks on over the cases for as long as there is time, and freezes what is found into items. A page that is walked twice
 * finds its items there already.
 */
export const planStep = async (
  ports: ReprocessPorts,
  tenant: string,
  batch: BatchRecord,
  until: Date,
): Promise<void> => {
  const { batchId } = batch
  const batches = ports.batches(tenant)
  let cursor = batch.planCursor
  let found = (await batches.itemsOf(batchId)).length
  do {
    const page = await nextCases(ports, tenant, batch, cursor)
    await inParallel(page.cases, casesAtOnce, async ({ caseId }) => {
      const detail = await ports.store(tenant).detail(caseId)
      if (detail === null) return
      for (const item of await itemsOfCase(ports, tenant, batch, detail))
        if (found < mostItems && (await batches.items.insert(item, item))) found++
    })
    cursor = page.cursor
    const progress = { cursor, cutOff: found >= mostItems, at: ports.now() }
    const noted = await batches.batches.change({ batchId }, (record) => notePlan(record, progress))
    if (noted.record?.status !== 'planning') return
  } while (cursor !== null && ports.now() < until)
}

type Page = { readonly cases: readonly CaseRecord[]; readonly cursor: string | null }

/** The next cases that match, and where to go on; null at the end. */
const nextCases = async (
  ports: ReprocessPorts,
  tenant: string,
  { query }: BatchRecord,
  cursor: string | null,
): Promise<Page> => {
  const store = ports.store(tenant)
  if (query.caseIds !== undefined) {
    const start = Number(cursor ?? 0)
    const ids = query.caseIds.slice(start, start + casesPerPage)
    const records = await Promise.all(ids.map((caseId) => store.cases.get({ caseId })))
    const next = start + casesPerPage
    return {
      cases: records.filter((record) => record !== null && matchesCase(record, query)) as CaseRecord[],
      cursor: next < query.caseIds.length ? String(next) : null,
    }
  }
  const page = await store.search(casePart(query), { limit: casesPerPage, cursor })
  return { cases: page.cases, cursor: page.nextCursor }
}

const itemsOfCase = async (
  ports: ReprocessPorts,
  tenant: string,
  { batchId, query, exclude, settings }: BatchRecord,
  { case: record, dumps }: CaseDetail,
): Promise<BatchItem[]> => {
  const items: BatchItem[] = []
  for (const { dump, analyses } of dumps) {
    if (dump.status === 'uploading' || dump.status === 'aborted') continue
    // The same bytes as another dump's, which has the analysis.
    if (dump.sameAs) continue
    const { caseId, dumpId, bytes, currentAnalysisId } = dump
    const current = analyses.find(({ analysis }) => analysis.analysisId === currentAnalysisId)
    const id = { tenant, caseId, dumpId, analysisId: currentAnalysisId ?? '' }
    const facts = current ? await readFacts(ports.documents, id, current.analysis) : null
    if (!matchesDump(current?.analysis ?? null, facts, query)) continue
    if (exclude !== null && hasExclusion(exclude))
      if (matchesCase(record, exclude) && matchesDump(current?.analysis ?? null, facts, exclude)) continue

    const beginAt = whereToBegin(facts, current?.stages ?? [], settings.beginAt)
    const isBusy = current === undefined || current.analysis.status === 'running'
    const unreadable = isBusy || beginAt === 'verdict' ? null : await whyUnreadable(ports.head, id, dump)
    const note = isBusy ? 'Its first analysis is not done yet.' : unreadable
    const fullScan = current?.analysis.fullScan ?? dump.fullScan
    const further = { bytes: analysedBytes(dump), beginAt, fullScan, lane: 'reprocessing' } as const
    const { dollars, milliseconds } = estimateOf(further, current)
    items.push({
      batchId,
      caseId,
      dumpId,
      caseTitle: record.title,
      bytes,
      state: note === null ? 'waiting' : 'impossible',
      possible: note === null,
      refused: facts?.refused ?? false,
      earlierId: currentAnalysisId,
      beginAt,
      estimate: { dollars, milliseconds },
      analysisId: null,
      launchedAt: null,
      endedAt: null,
      dollars: null,
      difference: null,
      note,
      publication: null,
    })
  }
  return items
}
