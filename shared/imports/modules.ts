import type { Module } from '../analysis/module.ts'

/** A module as the pointer search sees it: `bytes` of it from `base` are searched, out of the `size` the list claims. */
export type SearchedModule = {
  readonly name: string
  /** As a debugger writes it before `!`: `nt` for the kernel, else the name without its extension. */
  readonly symbolName: string
  readonly base: bigint
  readonly size: number
  readonly bytes: number
  readonly kernel: boolean
}

/** The biggest kernel images, display drivers, come to some 100 MB. */
const maxModuleBytes = 128 * 2 ** 20
/** All kernel images of a machine together stay far below this; a list that claims more lies somewhere. */
const maxTotalBytes = 2 * 2 ** 30
/** Twice what any machine loads; the module list's own walk is bounded likewise (reference 6.1). */
const maxModules = 4096

/**
 * What of each module is searched. Sizes come from a list that may lie: each is capped, all together are, and a module
 * that runs into the next one ends there. `note` says so when anything was cut. The first module is the kernel
 * (reference 6.1).
 */
export const planSearch = (modules: readonly Module[]): { modules: SearchedModule[]; note: string | null } => {
  const bases = modules.map(({ base }) => BigInt(base)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  let budget = maxTotalBytes
  let cut = Math.max(0, modules.length - maxModules)
  const seen = new Set<bigint>()
  const planned = modules.slice(0, maxModules).map((module, index): SearchedModule => {
    const base = BigInt(module.base)
    const next = firstAbove(bases, base)
    const room = next === null ? module.size : Math.min(module.size, Number(next - base))
    const bytes = seen.has(base) ? 0 : Math.max(0, Math.min(room, maxModuleBytes, budget))
    seen.add(base)
    budget -= bytes
    if (bytes < module.size) cut++
    const kernel = index === 0
    const symbolName = kernel ? 'nt' : module.name.replace(/\.[^.]*$/, '')
    return { name: module.name, symbolName, base, size: module.size, bytes, kernel }
  })
  const note = cut === 0 ? null : `${cut} modules of implausible size or place were searched in part only.`
  return { modules: planned, note }
}

const firstAbove = (sorted: readonly bigint[], base: bigint): bigint | null => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] <= base) low = middle + 1
    else high = middle
  }
  return sorted[low] ?? null
}
