import type { Absence } from '../memory/absence.ts'
import { rangeFinder } from '../memory/address-ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { LoadedModule } from './module-list.ts'
import type { Process } from './processes.ts'

/** How to read a module: through which page tables, and which process's they are; null is the crash's own. */
export type ModuleSpace = { readonly memory: VirtualMemory; readonly process: Process | null }

/** Looks at page tables, all modules and processes together. More is not asked of a dump whose lists lie. */
const maxProbes = 8192

/** Reasons that say that the page tables know nothing of a page; all others say where it went. */
const unknownPage: readonly Absence[] = ['not-mapped', 'table-absent']

/**
 * Finds the page tables for the module that begins at an address. All processes map the kernel alike but for session
 * space (reference 5.6), where win32k.sys and display drivers lie: what the crash's own tables do not map is looked for
 * in every process's, in the order of the list, and read through the first that knows it.
 */
export const moduleSpaces = (
  own: VirtualMemory,
  processes: () => Promise<readonly Process[]>,
  memoryOf: (directoryTableBase: bigint) => VirtualMemory,
): ((base: bigint) => Promise<ModuleSpace>) => {
  const crash: ModuleSpace = { memory: own, process: null }
  const found = new Map<bigint, Promise<ModuleSpace>>()
  let spaces: Promise<readonly ModuleSpace[]> | null = null
  let probes = 0
  const others = async (): Promise<readonly ModuleSpace[]> => {
    const byRoot = new Map<bigint, ModuleSpace>()
    for (const process of await processes())
      if (!byRoot.has(process.directoryTableBase))
        byRoot.set(process.directoryTableBase, { memory: memoryOf(process.directoryTableBase), process })
    return [...byRoot.values()]
  }
  const find = async (base: bigint): Promise<ModuleSpace> => {
    if (await knows(own, base)) return crash
    spaces ??= others()
    for (const space of await spaces) {
      if (probes >= maxProbes) break
      probes++
      if (await knows(space.memory, base)) return space
    }
    return crash
  }
  return (base) => {
    const known = found.get(base)
    if (known !== undefined) return known
    const space = find(base)
    found.set(base, space)
    // A read that failed is tried again by the next reader.
    space.catch(() => {
      found.delete(base)
      spaces = null
    })
    return space
  }
}

const knows = async (memory: VirtualMemory, address: bigint): Promise<boolean> => {
  const at = await memory.translate(address)
  return at.present || !unknownPage.includes(at.reason)
}

/** Kernel memory in which every listed module is read through the page tables that know it. */
export const memoryWithSessions = (
  own: VirtualMemory,
  modules: readonly LoadedModule[],
  spaceOf: (base: bigint) => Promise<ModuleSpace>,
): VirtualMemory => {
  const moduleAt = rangeFinder(modules)
  const memoryAt = async (address: bigint): Promise<VirtualMemory> => {
    const module = moduleAt(address)
    return module === null ? own : (await spaceOf(module.base)).memory
  }
  return {
    ...own,
    translate: async (address) => (await memoryAt(address)).translate(address),
    read: async (address, length) => (await memoryAt(address)).read(address, length),
  }
}

/** Which modules are read through another process's page tables, as a debugger would have to be told; null when none are. */
export const sessionNote = async (
  modules: readonly LoadedModule[],
  spaceOf: (base: bigint) => Promise<ModuleSpace>,
): Promise<string | null> => {
  const names: string[] = []
  const processes = new Set<string>()
  for (const { name, base } of modules) {
    const { process } = await spaceOf(base)
    if (process === null) continue
    names.push(name ?? `the module at 0x${base.toString(16)}`)
    processes.add(`${process.name} (${process.pid})`)
  }
  return names.length === 0
    ? null
    : `The process of the crash does not map ${names.join(', ')} (session space, as a rule): read through the page tables of ${[...processes].join(', ')}.`
}
