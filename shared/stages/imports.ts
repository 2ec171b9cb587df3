import type { Coverage } from '../analysis/analysis.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { ByteSource } from '../bytes/source.ts'
import { machineType } from '../dump/header.ts'
import { openDump } from '../dump/open-dump.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { readExports } from '../image/exports.ts'
import { readImage } from '../image/read-image.ts'
import { instructionSetOf } from '../imports/code.ts'
import { createExportIndex } from '../imports/export-index.ts'
import { planSearch, type SearchedModule } from '../imports/modules.ts'
import { resolveAllocators } from '../imports/resolve-allocators.ts'
import { type CallSiteRules, type ModuleSearch, roomForAll, searchModule } from '../imports/search-module.ts'
import { chanceHits } from '../imports/tag-uses.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { openKernel } from '../kernel/open-kernel.ts'
import { objectTags } from '../verdict/leak-rules.ts'
import { listed } from '../verdict/wording.ts'
import { importsTranscript } from './imports-transcript.ts'
import { noObjectUsers, readObjectUsers } from './object-use.ts'
import type { StageOptions } from './options.ts'
import { type HeaderResult, type ImportsResult, type PoolResult, settledRoot } from './results.ts'
import { tagsTranscript } from './tags-transcript.ts'
import { keyOfShownTag, wantedTags } from './wanted-tags.ts'

/**
 * Import resolution: where the allocation routines are, every word in every module that holds one of their addresses,
 * classified, and the constants of the tags that stand for a pool's pressure (`pool` null: none are known), all in one
 * reading of the modules. A dump without memory has none. Rejects only when reading fails.
 */
export const importsStage = async (
  source: ByteSource,
  header: HeaderResult,
  options: StageOptions,
  pool: Pick<PoolResult, 'pool'> | null = null,
): Promise<Omit<ImportsResult, 'cost'>> => {
  const dump = await openDump(source)
  if (dump.kind !== 'memory') return nothing
  const kernel = await openKernel(source, dump, settledRoot(header))
  const plan = planSearch(header.modules)
  let kernelExports: ImportsResult['kernelExports'] = 'partly'
  const index = createExportIndex(plan.modules, async (module) => {
    const image = await readImage(kernel.memory, module.base)
    if (image === null) return []
    const { exports, gaps } = await readExports(kernel.memory, image)
    if (module.kernel && exports.length > 0 && gaps.length === 0) kernelExports = 'read'
    return exports
  })
  const { allocators, release } = await resolveAllocators(plan.modules, index)
  const searchedTags = wantedTags(header, pool)
  const verifier = await verifierRoutines(kernel, plan.modules)
  const wanted = { allocators, release, tags: searchedTags.map(keyOfShownTag), verifier }
  const rules = callSiteRules(kernel)

  const of = plan.modules.reduce((sum, module) => sum + module.bytes, 0)
  const searches: ModuleSearch[] = []
  const room = roomForAll()
  // Modules that hold more than the dump does are mapped to the same pages again and again.
  let left = dump.physical.presentPages * pageBytes
  let unsearched = 0
  let done = 0
  for (const module of plan.modules) {
    if (left <= 0) unsearched++
    const planned = left > 0 ? module : { ...module, bytes: 0 }
    const search = await searchModule(kernel.memory, planned, wanted, index, rules, room)
    searches.push(search)
    left -= search.readBytes
    done += module.bytes
    options.onProgress?.({ step: 'imports', done, of })
  }

  const importers = searches.flatMap((search) => search.importers)
  const leakedObjects = searchedTags.filter((tag) => objectTags.includes(tag))
  const objectUse = await readObjectUsers(kernel, plan.modules, index, leakedObjects)
  return {
    allocators,
    importers,
    readBytes: byBase(searches, (search) => search.readBytes),
    importTables: byBase(searches, (search) => search.table),
    clients: clientsOf(searches),
    asksByName: searches.flatMap(({ module, asks }) =>
      asks.map((routine) => ({ module: module.name, base: hexAddress(module.base), ...routine })),
    ),
    kernelExports,
    searchedTags,
    tagUses: searches.flatMap((search) => search.tags.uses),
    code: byBase(searches, (search) => search.code),
    ...objectUse.users,
    searchNote: joined([kernel.modulesNote, plan.note, repeated(unsearched), overflow(searches)]),
    coverage: [...coverageOf(searches), ...tagCoverage(searches, searchedTags), ...objectUse.coverage],
    transcript: [
      ...(await importsTranscript(kernel.memory, header.modules, allocators, importers, index)),
      ...(await tagsTranscript(kernel.memory, wanted.tags, searches)),
    ],
  }
}

const nothing: Omit<ImportsResult, 'cost'> = {
  allocators: [],
  importers: [],
  readBytes: {},
  importTables: {},
  clients: {},
  asksByName: [],
  kernelExports: 'partly',
  searchedTags: [],
  tagUses: [],
  code: {},
  ...noObjectUsers,
  searchNote: null,
  coverage: [],
  transcript: [],
}

/** From Windows 10 1809 on the loader rewrites import calls of x64 drivers (reference 7.6). */
const rewritingBuild = 17763

const callSiteRules = ({ header, build }: Kernel): CallSiteRules => ({
  instructions: instructionSetOf(header.machineImageType),
  rewritten: header.machineImageType === machineType.x64 && build >= rewritingBuild,
})

/** Sections of the kernel whose names begin so hold Driver Verifier's routines, on every version since 2000. */
const verifierSection = /^PAGEVRF/

const verifierRoutines = async (
  { memory }: Kernel,
  modules: readonly SearchedModule[],
): Promise<{ address: bigint; length: number }[]> => {
  const nt = modules.find((module) => module.kernel)
  const image = nt === undefined ? null : await readImage(memory, nt.base)
  return (image?.sections ?? [])
    .filter(({ name }) => verifierSection.test(name))
    .map(({ rva, virtualSize }) => ({ address: (image?.base ?? 0n) + BigInt(rva), length: virtualSize }))
}

/** By a module's base, the names of those that import routines of it. */
const clientsOf = (searches: readonly ModuleSearch[]): Record<string, string[]> => {
  const clients: Record<string, string[]> = {}
  for (const { module, links } of searches) {
    if (module.kernel) continue
    for (const base of links.modules) {
      clients[base] ??= []
      clients[base].push(module.name)
    }
  }
  return clients
}

const byBase = <Value>(
  searches: readonly ModuleSearch[],
  value: (search: ModuleSearch) => Value,
): Record<string, Value> =>
  Object.fromEntries(searches.map((search) => [hexAddress(search.module.base), value(search)]))

const repeated = (unsearched: number): string | null =>
  unsearched === 0
    ? null
    : `${unsearched} modules were not searched: those before them hold more bytes than the whole dump, as the same pages are mapped again and again.`

/** Words of the kernel's own make nobody a holder: those that are not listed are missed by nobody. */
const overflow = (searches: readonly ModuleSearch[]): string | null => {
  const names = searches.filter(({ more, module }) => more && !module.kernel).map(({ module }) => module.name)
  return names.length === 0 ? null : `Not every word found is listed for ${listed(names)}: there were too many.`
}

const joined = (notes: readonly (string | null)[]): string | null => {
  const present = notes.filter((note) => note !== null)
  return present.length === 0 ? null : present.join(' ')
}

const coverageOf = (searches: readonly ModuleSearch[]): Coverage[] => {
  const sum = (value: (search: ModuleSearch) => number): number => searches.reduce((all, one) => all + value(one), 0)
  const unread = searches.filter((search) => search.table !== 'read')
  const unseen = searches.filter((search) => search.readBytes === 0).length
  const verified = searches.filter(({ links }) => links.verified).map(({ module }) => module.name)
  const watched =
    verified.length === 0
      ? ''
      : ` Driver Verifier watches ${listed(verified)} and has its own routines in their import tables, so that what these import is not all known.`
  const reading =
    searches.length === 0
      ? 'No module is known, so none was searched.'
      : unread.length === 0
        ? `All import tables of ${searches.length} modules were read; what is missing is code and data that is paged out or was discarded.`
        : `The import tables of ${unread.length} of ${searches.length} modules were not wholly read; of ${unseen} modules nothing was read.`
  return [
    {
      area: 'pointer search in modules',
      wantedBytes: sum((search) => search.module.size),
      readBytes: sum((search) => search.readBytes),
      note: `${reading}${watched}`,
    },
  ]
}

/** How much code was searched for tags, and how many of the constants found are to be expected by chance. */
const tagCoverage = (searches: readonly ModuleSearch[], tags: readonly string[]): Coverage[] => {
  if (tags.length === 0) return []
  const sum = (value: (search: ModuleSearch) => number): number => searches.reduce((all, one) => all + value(one), 0)
  const readBytes = sum((search) => search.code.readBytes)
  const chance = chanceHits(readBytes, tags.length)
  return [
    {
      area: 'tag constants in code',
      wantedBytes: sum((search) => search.code.wantedBytes),
      readBytes,
      note: `Searched for ${tags.join(', ')}, with the protected bit and without. Chance alone would put ${chance < 0.01 ? 'fewer than 0.01' : chance.toFixed(2)} such operands into this much code.`,
    },
  ]
}
