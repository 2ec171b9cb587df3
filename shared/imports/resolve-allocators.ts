import type { Allocator } from '../analysis/importer.ts'
import { hexAddress } from '../analysis/scalars.ts'
import { allocatorName, allocatorSet, taggedRelease } from './allocators.ts'
import type { ExportIndex } from './export-index.ts'
import type { SearchedModule } from './modules.ts'

/** A forwarder that leads through more modules than this leads in a circle. */
const maxHops = 4

/** `MODULE.Name` or `MODULE.#ordinal` (reference 7.2). The module's name may itself hold dots. */
const parseForwarder = (text: string): { module: string; name: string | null; ordinal: number | null } | null => {
  const parts = /^(.+)\.(?:#(\d+)|([^.]+))$/.exec(text)
  if (parts === null) return null
  return {
    module: parts[1].toLowerCase(),
    ordinal: parts[2] === undefined ? null : Number(parts[2]),
    name: parts[3] ?? null,
  }
}

/** Where an exported routine lives, forwarders followed; null when it is not exported or leads nowhere. */
export const resolveExport = async (
  modules: readonly SearchedModule[],
  index: ExportIndex,
  module: SearchedModule,
  name: string,
): Promise<bigint | null> => {
  let at = module
  let wanted: { name: string | null; ordinal: number | null } = { name, ordinal: null }
  for (let hop = 0; hop < maxHops; hop++) {
    const table = await index.exportsOf(at)
    const found = table.find((entry) =>
      wanted.name === null ? entry.ordinal === wanted.ordinal : entry.name === wanted.name,
    )
    if (found === undefined) return null
    if (found.forwarder === null) return at.base + BigInt(found.rva)
    const forwarder = parseForwarder(found.forwarder)
    const next = modules.find(
      (candidate) =>
        candidate.symbolName.toLowerCase() === forwarder?.module ||
        candidate.name.toLowerCase().replace(/\.[^.]*$/, '') === forwarder?.module,
    )
    if (forwarder === null || next === undefined) return null
    at = next
    wanted = forwarder
  }
  return null
}

/** What the routines' addresses rest on. */
export type ResolvedRoutines = {
  /** The routines of the allocator set that are exported, with their addresses, in the set's order. */
  readonly allocators: Allocator[]
  /** Where blocks are released with a tag; null when that routine was not found. */
  readonly release: bigint | null
}

/** Finds each routine of the allocator set in the exports of the module that owns it. */
export const resolveAllocators = async (
  modules: readonly SearchedModule[],
  index: ExportIndex,
): Promise<ResolvedRoutines> => {
  const owners = new Map<string, SearchedModule>()
  for (const module of modules) {
    const name = module.symbolName.toLowerCase()
    if (!owners.has(name)) owners.set(name, module)
  }
  const addressOf = async (routine: { module: string; name: string }): Promise<bigint | null> => {
    const owner = owners.get(routine.module)
    return owner === undefined ? null : resolveExport(modules, index, owner, routine.name)
  }
  const allocators: Allocator[] = []
  for (const routine of allocatorSet.routines) {
    const address = await addressOf(routine)
    if (address !== null)
      allocators.push({ name: allocatorName(routine), address: hexAddress(address), source: 'export' })
  }
  return { allocators, release: await addressOf(taggedRelease) }
}
