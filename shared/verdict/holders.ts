import { type Importer, ImporterKind } from '../analysis/importer.ts'
import { allocatorName, routinesMaking } from '../imports/allocators.ts'
import type { ImportSearch, Knowledge } from './knowledge.ts'
import { coreBases } from './known-modules.ts'

/** A module, outside the core, that holds the address of a routine whose blocks carry a given tag. */
export type Holder = { readonly name: string; readonly base: string; readonly words: readonly Importer[] }

/** How far the search of the other modules went. `unread` are those whose import slots could not all be read. */
export type SearchReach = {
  readonly searched: number
  readonly unread: readonly string[]
  readonly note: string | null
}

const strength = ({ kind }: Importer): number => ImporterKind.options.indexOf(kind)

/** The word that speaks for a module that holds several. */
export const strongest = (words: readonly Importer[]): Importer =>
  words.toSorted((a, b) => strength(a) - strength(b))[0]

/**
 * The modules that hold the address of a routine whose blocks always carry this tag, in the order of the search; hal is
 * told apart from drivers.
 */
export const holdersOf = (
  tag: string,
  knowledge: Knowledge,
  imports: ImportSearch,
): { drivers: Holder[]; hal: Holder | null } => {
  const core = coreBases(knowledge.modules)
  const routines = new Set(routinesMaking(tag).map(allocatorName))
  const byBase = new Map<string, Importer[]>()
  for (const importer of imports.importers) {
    if (!routines.has(importer.allocator)) continue
    if (importer.kind === 'kernel-own' || core.kernel.has(importer.base)) continue
    byBase.set(importer.base, [...(byBase.get(importer.base) ?? []), importer])
  }
  const holders = [...byBase].map(([base, words]) => ({ base, name: words[0].module, words }))
  return {
    drivers: holders.filter((holder) => !core.hal.has(holder.base)),
    hal: holders.find((holder) => core.hal.has(holder.base)) ?? null,
  }
}

/** The routines that make blocks of this tag and whose users nobody could look for: the exports were not all read. */
export const unresolvedRoutines = (tag: string, imports: ImportSearch): string[] => {
  if (imports.kernelExports === 'read') return []
  const resolved = new Set(imports.allocators.map((allocator) => allocator.name))
  return routinesMaking(tag)
    .map(allocatorName)
    .filter((name) => !resolved.has(name))
}

/** Of all modules but the core: how many were searched, and which could not be read in full. */
export const searchReach = (knowledge: Knowledge, imports: ImportSearch): SearchReach => {
  const core = coreBases(knowledge.modules)
  const drivers = knowledge.modules.filter((module) => !core.kernel.has(module.base))
  const unread = drivers.filter((module) => (imports.importTables[module.base] ?? 'unknown') !== 'read')
  return { searched: drivers.length, unread: unread.map((module) => module.name), note: imports.searchNote }
}
