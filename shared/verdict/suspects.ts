import type { Evidence } from '../analysis/finding.ts'
import type { Module, UnloadedModule } from '../analysis/module.ts'
import { frameworkBinding, untaggedTag } from '../imports/allocators.ts'
import type { TagContents } from '../pool/contents.ts'
import { accountingDoubts } from './accounting-doubt.ts'
import { type Carrier, type Carriers, carriersOf } from './carriers.ts'
import { type PointedAt, pointedAt } from './contents.ts'
import { evidenceTable } from './evidence.ts'
import { isFrameworkTagOf } from './framework-tag.ts'
import { type Holder, holdersOf, type SearchReach, searchReach } from './holders.ts'
import type { ImportSearch, Knowledge } from './knowledge.ts'
import { comesAndGoes, coreBases, frameworkReason } from './known-modules.ts'
import type { PoolName } from './wording.ts'

/** A module with some reason to be looked at for the blocks of a tag. */
export type Suspect = {
  readonly name: string
  readonly base: string
  /** False for a driver that was unloaded: the blocks point to where it was. */
  readonly loaded: boolean
  /** False for one that is in memory and not on the list of loaded modules. */
  readonly listed: boolean
  /** What it allocates for on behalf of others, if it does; a name that nobody listed proves nothing. */
  readonly framework: string | null
  /** Names of the drivers that import its routines: it may allocate for them as a framework does. */
  readonly clients: readonly string[]
  readonly holder: Holder | null
  /** The untagged allocator whose name it holds as a text, and where. */
  readonly asks: { readonly allocator: string; readonly address: string } | null
  readonly carrier: Carrier | null
  /** A client of KMDF whose default tag this is. */
  readonly frameworkClient: boolean
  readonly pointed: PointedAt | null
}

/** What all suspects of one tag are weighed against. */
export type Field = {
  readonly tag: string
  /** In the notation of pooltag.txt: a module, or nt!component. */
  readonly owner: string | null
  readonly suspects: readonly Suspect[]
  readonly hal: Holder | null
  readonly carriers: Carriers | null
  readonly contents: TagContents | null
  readonly search: { readonly reach: SearchReach; readonly imports: ImportSearch } | null
  readonly unloaded: number
  /** Names of those that were there for a good part of the time, and are none that Windows loads and unloads by itself. */
  readonly unloadedLate: readonly string[]
  /** Whether the list of drivers that were unloaded could be read. */
  readonly unloadedKnown: boolean
  /** Names of those in memory that are on no list, nor copies of what is: the boot loader leaves such. */
  readonly hidden: readonly { readonly name: string; readonly base: string }[]
  /** What speaks against the accounting of the tag itself. */
  readonly accounting: readonly Evidence[]
}

/** Whether a table of tags gives the tag to a part of the kernel. */
export const isKernelOwned = ({ owner }: Pick<Field, 'owner'>): boolean => owner !== null && /^nt(!|$)/.test(owner)

/**
 * Everything that is known of who may have made the blocks of a tag: modules that hold a routine which gives blocks this
 * tag (the 2008 method), whose code carries it (the ordinary method), whose framework would choose it, and into which the
 * blocks point. nt and hal are never among them.
 */
export const fieldOf = (tag: string, pool: PoolName, knowledge: Knowledge): Field => {
  const { imports } = knowledge
  const core = coreBases(knowledge.modules)
  const contents = knowledge.contents.find((entry) => entry.tag === tag) ?? null
  const pointed = pointedAt(contents ?? undefined, new Set([...core.kernel, ...core.hal]))
  const holders = imports === null ? { drivers: [], hal: null } : holdersOf(tag, knowledge, imports)
  const carriers = imports === null ? null : carriersOf(tag, knowledge, imports)
  const asking = tag === untaggedTag ? askingByName(knowledge) : []
  const clients = imports === null || tag === untaggedTag ? [] : frameworkClients(tag, imports)

  const names = new Map<string, string>()
  for (const { base, name } of [...holders.drivers, ...(carriers?.drivers ?? []), ...clients, ...asking, ...pointed])
    names.set(base, names.get(base) ?? name)
  const unlisted = new Set(knowledge.modules.filter((module) => !module.listed).map(({ base }) => base))
  const suspects = [...names].map(
    ([base, name]): Suspect => ({
      name,
      base,
      loaded: !pointed.some((at) => at.base === base && at.unloaded),
      listed: !unlisted.has(base),
      framework: unlisted.has(base) ? null : frameworkReason(name),
      clients: imports?.clients?.[base] ?? [],
      holder: holders.drivers.find((holder) => holder.base === base) ?? null,
      asks: asking.find((one) => one.base === base) ?? null,
      carrier: carriers?.drivers.find((carrier) => carrier.base === base) ?? null,
      frameworkClient: clients.some((client) => client.base === base),
      pointed: pointed.find((at) => at.base === base) ?? null,
    }),
  )
  return {
    tag,
    owner: knowledge.pool?.tags.find((usage) => usage.tag === tag)?.owner ?? null,
    suspects,
    hal: holders.hal,
    carriers,
    contents,
    search: imports === null ? null : { reach: searchReach(knowledge, imports), imports },
    unloaded: knowledge.unloadedModules.length,
    unloadedLate: unloadedLate(knowledge),
    unloadedKnown: knowledge.moduleDoubts?.unloadedUnknown !== true,
    hidden: hiddenDrivers(knowledge),
    accounting: accountingDoubts(tag, pool, knowledge),
  }
}

const askingByName = ({ imports, modules }: Knowledge) => {
  const core = coreBases(modules)
  return (imports?.asksByName ?? [])
    .filter(({ base }) => !core.kernel.has(base) && !core.hal.has(base))
    .map(({ module, ...routine }) => ({ name: module, ...routine }))
}

/** By what the dump says of the times. One that was loaded again is there to be searched. */
const unloadedLate = ({ unloadedModules, modules, dump }: Knowledge): string[] => {
  const loaded = new Set(modules.map(({ name }) => name.toLowerCase()))
  const { crashedAt, uptimeSeconds } = dump
  const isLate = ({ unloadedAt }: UnloadedModule): boolean => {
    if (unloadedAt === null || crashedAt === null || uptimeSeconds === null) return false
    const secondsBefore = (Date.parse(crashedAt) - Date.parse(unloadedAt)) / 1000
    return secondsBefore < uptimeSeconds * (1 - evidenceTable.lateUnload)
  }
  return [
    ...new Set(
      unloadedModules
        .filter((one) => !loaded.has(one.name.toLowerCase()) && !comesAndGoes(one.name) && isLate(one))
        .map(({ name }) => name),
    ),
  ]
}

const hiddenDrivers = ({ modules }: Knowledge): Field['hidden'] => {
  const isCopy = ({ name, size }: Module): boolean =>
    modules.some((other) => other.listed && other.name === name && other.size === size)
  return modules.filter((module) => !module.listed && !isCopy(module))
}

const frameworkClients = (tag: string, imports: ImportSearch): { name: string; base: string }[] =>
  imports.importers
    .filter(({ allocator, module }) => allocator === frameworkBinding && isFrameworkTagOf(module, tag))
    .map(({ module, base }) => ({ name: module, base }))
