import type { Module, UnloadedModule } from '../analysis/module.ts'
import { debuggerAddress } from './debugger-text.ts'

/** The debugger's name for a module: the file's without its extension, and `nt` for the kernel. */
const shortName = (module: Module, index: number): string =>
  index === 0 ? 'nt' : module.name.replace(/\.[^.]*$/, '').replaceAll(' ', '_')

/**
 * `lm`: loaded modules in list order, then those unloaded, then images in memory that are on no list, of which the debugger
 * knows nothing. `note` says what of the list could not be read.
 */
export const renderModules = (
  modules: readonly Module[],
  unloaded: readonly UnloadedModule[],
  pointerBytes: 4 | 8,
  note: string | null = null,
): string => {
  const width = pointerBytes === 4 ? 8 : 17
  const range = (start: bigint, end: bigint): string =>
    `${debuggerAddress(start, pointerBytes)} ${debuggerAddress(end, pointerBytes)}`
  const line = (module: Module, index: number): string => {
    const base = BigInt(module.base)
    return `${range(base, base + BigInt(module.size))}   ${shortName(module, index).padEnd(10)} (no symbols)           ${module.name}`
  }
  const unlisted = modules.filter((module) => !module.listed)
  const lines = [
    `${'start'.padEnd(width)} ${'end'.padEnd(width)}   module name`,
    ...modules.filter((module) => module.listed).map(line),
  ]
  if (unloaded.length > 0)
    lines.push(
      '',
      'Unloaded modules:',
      ...unloaded.map((gone) => `${range(BigInt(gone.start), BigInt(gone.end))}   ${gone.name}`),
    )
  // Never the first: that one is called nt.
  if (unlisted.length > 0)
    lines.push('', 'Images in memory that are not on the list:', ...unlisted.map((module) => line(module, 1)))
  if (note !== null) lines.push('', note)
  return lines.join('\n')
}
