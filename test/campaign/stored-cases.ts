import type { Documents } from '../../functions/aws/documents.ts'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import { analysisKey, resultKey } from '../../shared/cases/object-keys.ts'
import { factsOf, outcomeOf } from '../../shared/cases/outcome.ts'
import { analysisStages } from '../../shared/cases/stage.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { PinnedObject } from '../../shared/cases/transitions.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { importsStage } from '../../shared/stages/imports.ts'
import { measured } from '../../shared/stages/measured.ts'
import { poolStage } from '../../shared/stages/pool.ts'
import type { HeaderResult, ImportsResult, PoolResult } from '../../shared/stages/results.ts'
import { assemble, verdictStage } from '../../shared/stages/verdict.ts'
import { dataVersions } from '../../shared/stages/versions.ts'
import { build } from '../forge/forge.ts'
import { bytesSource } from '../functions/jobs.ts'

/** One forged dump, analysed stage by stage: what all seeded cases are made of. */
export type Model = {
  readonly bytes: Uint8Array
  readonly results: { readonly header: HeaderResult; readonly pool: PoolResult; readonly imports: ImportsResult }
  readonly analysis: Analysis
}

export const modelOf = async (scenario = 'tiny-x64'): Promise<Model> => {
  const bytes = Buffer.concat([...build(scenario).pieces])
  const run = async <R extends object>(stage: Parameters<typeof measured<R>>[2]) => {
    const { result, cost } = await measured(bytesSource(bytes), () => performance.now(), stage)
    return { ...result, cost }
  }
  const header = await run((source) => headerStage(source, {}))
  const pool = await run((source) => poolStage(source, header, {}))
  const imports = await run((source) => importsStage(source, header, {}, pool))
  const analysis = assemble(verdictStage(header, pool, imports), [header.cost, pool.cost, imports.cost])
  return { bytes, results: { header, pool, imports }, analysis }
}

/** Which stages the seeded cases' engine did differently: the verdict's weights alone, or everything from the header on. */
export type Outdated = 'verdict' | 'header'

/**
 * What an older engine said of the dump. Of three cases one names nobody, one is less sure, and one says what is said
 * today.
 */
const olderAnalysis = ({ analysis }: Model, index: number, outdated: Outdated): Analysis => {
  const engine = {
    version: '0.0.9',
    data: { ...dataVersions, [outdated === 'verdict' ? 'evidence' : 'stage-header']: 'long ago' },
  }
  switch (index % 3) {
    case 0:
      return { ...analysis, engine, verdict: 'inconclusive', headline: 'Nobody can be named.', findings: [] }
    case 1:
      return {
        ...analysis,
        engine,
        findings: analysis.findings.map((finding) => ({
          ...finding,
          candidates: finding.candidates.map((one) => ({ ...one, confidence: one.confidence * 0.9 })),
        })),
      }
    default:
      return { ...analysis, engine }
  }
}

const firstMs = Date.parse('2026-01-01T00:00:00Z')

/** The ids of a seeded case: the same for the same index. */
export const storedIds = (index: number) => {
  const random = new Uint8Array(idRandomBytes)
  new DataView(random.buffer).setUint32(0, index)
  const at = new Date(firstMs + index * 60_000)
  const id = (kind: 'case' | 'dump' | 'analysis') => makeId(kind, at, random)
  return { at, caseId: id('case'), dumpId: id('dump'), analysisId: id('analysis') }
}

export type StoredCases = {
  readonly store: CaseStore
  readonly tenant: string
  readonly documents: Pick<Documents, 'write'>
  /** Puts a dump's bytes where an upload would; says what storage then has. */
  readonly putDump: (key: { tenant: string; caseId: string; dumpId: string }, model: Model) => Promise<PinnedObject>
}

/** Writes a case as an older engine left it: its dump, one analysis with all stages, and their results. */
export const storeCase = async (
  target: StoredCases,
  model: Model,
  index: number,
  outdated: Outdated,
): Promise<void> => {
  const { store, tenant, documents } = target
  const { at, ...ids } = storedIds(index)
  const analysis = olderAnalysis(model, index, outdated)
  const id = { tenant, ...ids }
  const time = at.toISOString()
  const object = await target.putDump(id, model)
  const { header, pool, imports } = model.results
  await documents.write(resultKey(id, 'header'), JSON.stringify(header))
  await documents.write(resultKey(id, 'pool'), JSON.stringify(pool))
  await documents.write(resultKey(id, 'imports'), JSON.stringify(imports))
  await documents.write(analysisKey(id), JSON.stringify(analysis))
  const costs = { header: header.cost, pool: pool.cost, imports: imports.cost, verdict: { ...header.cost, reads: 0 } }
  for (const stage of analysisStages)
    await store.stages.insert(
      { ...ids, stage },
      {
        ...ids,
        stage,
        status: 'done',
        attempt: 1,
        startedAt: time,
        finishedAt: time,
        cost: costs[stage as keyof typeof costs],
        note: null,
      },
    )
  const outcome = outcomeOf(analysis)
  await store.analyses.insert(ids, {
    ...ids,
    engineVersion: analysis.engine.version,
    status: 'done',
    createdAt: time,
    finishedAt: time,
    headline: outcome.headline,
    verdict: outcome.verdict,
    facts: factsOf(analysis),
    lane: 'normal',
    sweepAt: null,
  })
  await store.dumps.insert(ids, {
    ...ids,
    ...object,
    fileName: 'MEMORY.DMP',
    status: 'uploaded',
    createdAt: time,
    uploadedAt: time,
    currentAnalysisId: ids.analysisId,
    lane: 'normal',
    sweepAt: null,
  })
  await store.cases.insert(ids, {
    caseId: ids.caseId,
    title: `Old case ${index}`,
    createdAt: time,
    ...outcome,
    outcomeOf: ids.analysisId,
    status: 'done',
    statusOf: ids.analysisId,
  })
}
