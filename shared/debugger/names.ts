import type { Module } from '../analysis/module.ts'
import { createExportIndex, type ReadModuleExports } from '../imports/export-index.ts'
import { planSearch, type SearchedModule } from '../imports/modules.ts'
import { rangeFinder } from '../memory/address-ranges.ts'
import { shortName } from '../report/modules.ts'
import type { SymbolMap } from '../symbols/symbol-map.ts'
import { wildcardPattern } from './wildcards.ts'

/** A name in a module and where it lives. */
export type NamedAddress = { readonly name: string; readonly address: bigint }

/** Names of modules, of what they export, and of what symbols tell. Tables are read when first asked about. */
export type Names = {
  /** The module with this name (`nt`, `tcpip`, `tcpip.sys`), in any case. */
  moduleNamed(name: string): Module | null
  /** What the debugger calls a module: `nt`, or its file's name without the extension. */
  nameOf(module: Module): string
  /** The module that contains the address. */
  moduleAt(address: bigint): Module | null
  /** Where `module`, `module!symbol` or, in the kernel, `symbol` lives. */
  addressOf(name: string): Promise<bigint | null>
  /** `nt!ExAllocatePool` or `nt!ExAllocatePool+0x1f`: the nearest name at or below, in the same module. */
  nearest(address: bigint): Promise<string | null>
  /** All names that match `MODULE!PATTERN`, by name. */
  matching(module: string, pattern: string): Promise<NamedAddress[]>
}

type Entry = { readonly rva: number; readonly name: string }
type Known = { readonly module: Module; readonly short: string; readonly searched: SearchedModule }

export const createNames = (
  modules: readonly Module[],
  symbols: SymbolMap | undefined,
  readExports: ReadModuleExports,
): Names => {
  const plan = planSearch(modules).modules
  const index = createExportIndex(plan, readExports)
  const known = plan.map(
    (searched, at): Known => ({
      module: modules[at],
      short: shortName(modules[at], modules[at].listed ? at : -1),
      searched,
    }),
  )
  const rangeAt = rangeFinder(known.map((one) => ({ base: one.searched.base, size: one.searched.size, one })))
  const containing = (address: bigint): Known | null => rangeAt(address)?.one ?? null
  const symbolsOf = new Map(Object.entries(symbols ?? {}).map(([name, entries]) => [name.toLowerCase(), entries]))
  const tables = new Map<Known, Promise<readonly Entry[]>>()

  const read = async ({ short, searched }: Known): Promise<readonly Entry[]> => {
    const exports = (await index.exportsOf(searched))
      .filter(({ forwarder }) => forwarder === null)
      .map(({ name, ordinal, rva }) => ({ name: name ?? `Ordinal${ordinal}`, rva }))
    const seen = new Set(exports.map(({ name }) => name))
    const given = Object.entries(symbolsOf.get(short.toLowerCase()) ?? {}).flatMap(([name, rva]) =>
      seen.has(name) || BigInt(rva) >= BigInt(searched.size) ? [] : [{ name, rva: Number(rva) }],
    )
    return [...exports, ...given].sort((a, b) => a.rva - b.rva || (a.name < b.name ? -1 : 1))
  }

  const tableOf = (one: Known): Promise<readonly Entry[]> => {
    const table = tables.get(one) ?? read(one)
    tables.set(one, table)
    return table
  }

  const named = (name: string): Known | null => {
    const wanted = name.toLowerCase()
    const matches = ({ module, short }: Known): boolean =>
      short.toLowerCase() === wanted || module.name.toLowerCase() === wanted
    return known.find(matches) ?? known.find(({ searched }) => fileStem(searched.name) === wanted) ?? null
  }

  return {
    moduleNamed: (name) => named(name)?.module ?? null,
    nameOf: (module) => known.find((one) => one.module === module)?.short ?? shortName(module, -1),
    moduleAt: (address) => containing(address)?.module ?? null,
    addressOf: async (name) => {
      const bang = name.indexOf('!')
      const module = named(bang < 0 ? name : name.slice(0, bang))
      if (bang < 0 && module !== null) return module.searched.base
      const owner = bang < 0 ? (known.at(0) ?? null) : module
      if (owner === null) return null
      const symbol = (bang < 0 ? name : name.slice(bang + 1)).toLowerCase()
      const table = await tableOf(owner)
      const entry = table.find((one) => one.name.toLowerCase() === symbol)
      return entry === undefined ? null : owner.searched.base + BigInt(entry.rva)
    },
    nearest: async (address) => {
      const owner = containing(address)
      if (owner === null) return null
      const rva = Number(address - owner.searched.base)
      const entry = (await tableOf(owner)).findLast((one) => one.rva <= rva)
      const name = entry === undefined ? owner.short : `${owner.short}!${entry.name}`
      const beyond = rva - (entry?.rva ?? 0)
      return beyond === 0 ? name : `${name}+0x${beyond.toString(16)}`
    },
    matching: async (modulePattern, pattern) => {
      const moduleMatches = wildcardPattern(modulePattern)
      const matches = wildcardPattern(pattern)
      const found: NamedAddress[] = []
      for (const one of known) {
        if (!moduleMatches(one.short) && !moduleMatches(fileStem(one.module.name))) continue
        for (const { name, rva } of await tableOf(one))
          if (matches(name)) found.push({ name: `${one.short}!${name}`, address: one.searched.base + BigInt(rva) })
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    },
  }
}

const fileStem = (name: string): string => name.toLowerCase().replace(/\.[^.]*$/, '')
