import type { LoadedModule } from '../kernel/module-list.ts'
import type { SymbolMap } from './symbol-map.ts'

/** The address of a symbol, written `module!Name` or, in the kernel, `Name`; null when the map does not have it. */
export type ResolveSymbol = (name: string) => bigint | null

/** Resolves by the RVAs of `map` and the bases of `modules`, the kernel (`nt`) first among them. */
export const symbolResolver = (map: SymbolMap | undefined, modules: readonly LoadedModule[]): ResolveSymbol => {
  const bases = new Map<string, bigint>()
  for (const module of modules) {
    const name = moduleName(module.name)
    if (name !== null && !bases.has(name)) bases.set(name, module.base)
  }
  const kernel = modules.at(0)
  if (kernel !== undefined) bases.set('nt', kernel.base)
  const symbols = new Map(Object.entries(map ?? {}).map(([name, entries]) => [name.toLowerCase(), entries]))

  return (name) => {
    const bang = name.indexOf('!')
    const module = bang < 0 ? 'nt' : name.slice(0, bang).toLowerCase()
    const entries = symbols.get(module)
    const symbol = bang < 0 ? name : name.slice(bang + 1)
    const base = bases.get(module)
    if (base === undefined || entries === undefined || !Object.hasOwn(entries, symbol)) return null
    return base + BigInt(entries[symbol])
  }
}

const moduleName = (file: string | null): string | null => file?.toLowerCase().replace(/\.[^.]*$/, '') ?? null
