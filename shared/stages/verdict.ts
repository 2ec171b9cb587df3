import type { Analysis, Cost, Coverage } from '../analysis/analysis.ts'
import { engineVersion } from '../analysis/engine-version.ts'
import { listedHolders } from '../analysis/object-use.ts'
import { completeMemory } from '../verdict/complete-memory.ts'
import { holdsMemory } from '../verdict/dump-finding.ts'
import { judge } from '../verdict/judge.ts'
import { totalCost } from './measured.ts'
import type { HeaderResult, ImportsResult, PoolResult } from './results.ts'
import { dataVersions } from './versions.ts'

/** An analysis without what it cost: the pure result, the same for the same dump, engine and data tables. */
export type AnalysisBody = Omit<Analysis, 'cost'>

/** A stage that ended without a result, and why, in a full sentence. */
export type StageFailure = { readonly stage: 'pool' | 'imports'; readonly reason: string }

/**
 * The verdict from the earlier stages' results. Pure. A stage without a result (not run, or failed) is null; the
 * verdict then rests on the others and says what is missing.
 */
export const verdictStage = (
  header: HeaderResult,
  pool: PoolResult | null,
  imports: ImportsResult | null,
  failures: readonly StageFailure[] = [],
): AnalysisBody => {
  const { dump, unloadedModules } = header
  const modules = header.modules.map((module) => ({
    ...module,
    readBytes: imports?.readBytes[module.base] ?? module.readBytes,
  }))
  const memory = completeMemory(header.memory, pool?.pool ?? null)
  const { findings, headline, verdict } = judge({
    dump,
    modules,
    unloadedModules,
    moduleDoubts: header.moduleDoubts,
    memory,
    pool: pool?.pool ?? null,
    contents: pool?.contents ?? [],
    imports,
  })
  const results = [header, pool, imports].filter((result) => result !== null)
  return {
    schema: 'dumpline/analysis/1',
    engine: { version: engineVersion, data: dataVersions },
    dump,
    modules,
    unloadedModules,
    memory,
    pool: pool?.pool ?? null,
    allocators: imports?.allocators ?? [],
    importers: imports?.importers ?? [],
    ...objectUsers(imports),
    findings,
    headline,
    verdict,
    coverage: [...results.flatMap((result) => result.coverage), ...missing(header, { pool, imports }, failures)],
    transcript: results.flatMap((result) => result.transcript),
  }
}

const objectUsers = (imports: ImportsResult | null): Pick<Analysis, 'objects'> => {
  if (imports === null || (imports.objects.length === 0 && imports.processes.length === 0)) return {}
  const { objects: types, processes, processesNote: note } = imports
  const fullest = processes.toSorted((a, b) => (b.handles ?? 0) - (a.handles ?? 0) || a.pid - b.pid)
  return { objects: { types, processes: fullest.slice(0, listedHolders), note } }
}

/** Says of each search that did not take place that it did not: absent coverage must not read as nothing to cover. */
const missing = (
  header: HeaderResult,
  results: Record<StageFailure['stage'], unknown>,
  failures: readonly StageFailure[],
): Coverage[] => {
  if (!holdsMemory(header.dump)) return []
  return (['pool', 'imports'] as const)
    .filter((stage) => results[stage] === null)
    .map((stage) => {
      const failure = failures.find((one) => one.stage === stage)
      return { area: stage, wantedBytes: 0, readBytes: 0, note: failure?.reason ?? `The ${stage} stage has no result.` }
    })
}

/** The whole document: the result, and what all stages together took. */
export const assemble = (body: AnalysisBody, costs: readonly Cost[]): Analysis => ({ ...body, cost: totalCost(costs) })
