import { bugcheckNamesVersion } from '../dump/bugcheck-names.ts'
import { allocatorSet } from '../imports/allocators.ts'
import { kdbgSlotsVersion } from '../kernel/kdbg-slots.ts'
import { handleTablesVersion } from '../kernel/objects/handle-tables.ts'
import { objectTypesVersion } from '../kernel/objects/object-types.ts'
import { bigPageLayoutsVersion } from '../kernel/pools/pool-big-page-layout.ts'
import { poolDescriptorsVersion } from '../kernel/pools/pool-descriptor.ts'
import { poolHeadersVersion } from '../kernel/pools/pool-header.ts'
import { trackerLayoutsVersion } from '../kernel/pools/pool-tracker-layout.ts'
import { processLayoutsVersion } from '../kernel/process-layouts.ts'
import { pageTableEntriesVersion } from '../memory/pte.ts'
import { tagTableVersion } from '../pool/tag-table.ts'
import { evidenceTable } from '../verdict/evidence.ts'
import { frameworks } from '../verdict/known-modules.ts'
import { leakRules } from '../verdict/leak-rules.ts'
import { type StageName, stageNames } from './plan.ts'

/**
 * What a result depends on besides the dump, each with its version and the first stage whose result it can change. Every
 * analysis records these versions in `engine.data`, so that years later it can be told which of its stages would come
 * out differently today.
 */
type Versioned = { readonly version: string; readonly from: StageName }

/** The code of each stage. Raise a stage's version with any change to the code it runs that can change its result. */
const stageCode: Record<`stage-${StageName}`, Versioned> = {
  'stage-header': { version: '2', from: 'header' },
  'stage-pool': { version: '6', from: 'pool' },
  'stage-imports': { version: '5', from: 'imports' },
  'stage-verdict': { version: '5', from: 'verdict' },
}

/** The data tables. A test holds `from` to the first stage that imports the table. */
export const dataTables: Record<string, Versioned> = {
  allocators: { version: allocatorSet.version, from: 'imports' },
  'big-page-layouts': { version: bigPageLayoutsVersion, from: 'pool' },
  'bugcheck-names': { version: bugcheckNamesVersion, from: 'header' },
  'debugger-data-slots': { version: kdbgSlotsVersion, from: 'header' },
  evidence: { version: evidenceTable.version, from: 'verdict' },
  frameworks: { version: frameworks.version, from: 'verdict' },
  'handle-tables': { version: handleTablesVersion, from: 'imports' },
  'leak-rules': { version: leakRules.version, from: 'imports' },
  'object-types': { version: objectTypesVersion, from: 'imports' },
  'page-table-entries': { version: pageTableEntriesVersion, from: 'header' },
  'pool-descriptors': { version: poolDescriptorsVersion, from: 'header' },
  'pool-headers': { version: poolHeadersVersion, from: 'pool' },
  'pool-tags': { version: tagTableVersion, from: 'pool' },
  'process-layouts': { version: processLayoutsVersion, from: 'header' },
  'tracker-layouts': { version: trackerLayoutsVersion, from: 'pool' },
}

const versioned: Record<string, Versioned> = { ...dataTables, ...stageCode }

/** The versions of this engine, as an analysis records them. */
export const dataVersions: Record<string, string> = Object.fromEntries(
  Object.entries(versioned).map(([name, { version }]) => [name, version]),
)

/**
 * The first stage that would come out differently now than when `recorded` was written; null when none would. A name
 * that only one side knows counts as changed, and one that this engine does not know touches every stage.
 */
export const firstStageTouched = (
  recorded: Readonly<Record<string, string>>,
  current: Readonly<Record<string, string>> = dataVersions,
): StageName | null => {
  const names = new Set([...Object.keys(recorded), ...Object.keys(current)])
  const touched = [...names]
    .filter((name) => recorded[name] !== current[name])
    .map((name) => versioned[name]?.from ?? 'header')
  return stageNames.find((stage) => touched.includes(stage)) ?? null
}
