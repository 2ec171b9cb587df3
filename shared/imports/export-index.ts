import type { Export } from '../image/image.ts'
import { rangeFinder } from '../memory/address-ranges.ts'
import type { SearchedModule } from './modules.ts'

/** Reads a module's exports; empty when it has none or they are not in the dump. */
export type ReadModuleExports = (module: SearchedModule) => Promise<readonly Export[]>

/** Names of exported routines by their address, over all modules; a module's table is read when first asked about. */
export type ExportIndex = {
  /** All names of the routine at this very address (`nt!ExAllocatePool`), none if no export begins there. */
  namesAt(address: bigint): Promise<readonly string[]>
  exportsOf(module: SearchedModule): Promise<readonly Export[]>
  /** The module that an address lies in. */
  moduleAt(address: bigint): SearchedModule | null
}

/** Exports kept at most, all modules together; those of a machine are some tens of thousands. */
const maxExports = 2 ** 18

export const createExportIndex = (modules: readonly SearchedModule[], read: ReadModuleExports): ExportIndex => {
  // What is searched of a module never runs into the next one.
  const searched = modules.filter(({ bytes }) => bytes > 0)
  const rangeAt = rangeFinder(searched.map((module) => ({ base: module.base, size: module.bytes, module })))
  const moduleAt = (address: bigint): SearchedModule | null => rangeAt(address)?.module ?? null
  let left = maxExports
  const tables = new Map<SearchedModule, Promise<readonly Export[]>>()
  const names = new Map<SearchedModule, Promise<Map<number, string[]>>>()

  const exportsOf = (module: SearchedModule): Promise<readonly Export[]> => {
    const table = tables.get(module) ?? readWithin(module)
    tables.set(module, table)
    return table
  }

  /** Modules beyond the limit have no names: a dump that has so many makes them up. */
  const readWithin = async (module: SearchedModule): Promise<readonly Export[]> => {
    const table = left === 0 ? [] : (await read(module)).slice(0, left)
    left = Math.max(0, left - table.length)
    return table
  }

  const namesOf = async (module: SearchedModule): Promise<Map<number, string[]>> => {
    const byRva = new Map<number, string[]>()
    for (const { name, ordinal, rva, forwarder } of await exportsOf(module)) {
      // A forwarder's RVA is that of its text, no routine.
      if (forwarder !== null) continue
      const known = byRva.get(rva)
      const named = `${module.symbolName}!${name ?? `#${ordinal}`}`
      if (known === undefined) byRva.set(rva, [named])
      else known.push(named)
    }
    return byRva
  }

  return {
    exportsOf,
    moduleAt,
    namesAt: async (address) => {
      const module = moduleAt(address)
      if (module === null) return []
      const table = names.get(module) ?? namesOf(module)
      names.set(module, table)
      return (await table).get(Number(address - module.base)) ?? []
    },
  }
}
