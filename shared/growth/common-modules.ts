import type { Module } from '../analysis/module.ts'
import type { Snapshot } from './compared.ts'

/** Modules by the same name in both dumps, as pairs; a name that occurs twice in one of them is left out. */
export const commonModules = (a: Snapshot, b: Snapshot): (readonly [Module, Module])[] => {
  const other = byName(b)
  return [...byName(a)].flatMap(([name, module]) => {
    const match = other.get(name)
    return module === null || match == null ? [] : [[module, match] as const]
  })
}

const byName = ({ modules }: Snapshot): Map<string, Module | null> => {
  const names = new Map<string, Module | null>()
  for (const module of modules) {
    const name = module.name.toLowerCase()
    names.set(name, names.has(name) ? null : module)
  }
  return names
}

/** The same build of a file: by its PDB's identity where both have one, which no two builds share; else by timestamp and size. */
export const sameFile = (a: Module, b: Module): boolean =>
  a.pdb !== null && b.pdb !== null
    ? a.pdb.guid === b.pdb.guid && a.pdb.age === b.pdb.age
    : a.size === b.size && a.timestamp === b.timestamp

/** The kernel is the first module of the list (reference 6.1). Since Vista it has another address after most boots. */
export const kernelMoved = (a: Snapshot, b: Snapshot): boolean => {
  const [first, second] = [a.modules.at(0), b.modules.at(0)]
  return first !== undefined && second !== undefined && first.base !== second.base
}
