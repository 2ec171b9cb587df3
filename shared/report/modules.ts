import type { Module, UnloadedModule } from '../analysis/module.ts'
import { debuggerAddress, debuggerDate } from './debugger-text.ts'

/** The debugger's name for a module: the file's without its extension, and `nt` for the kernel. */
export const shortName = (module: Module, index: number): string =>
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
  nameOf: (module: Module, index: number) => string = shortName,
): string => {
  const range = rangeText(pointerBytes)
  const line = (module: Module, index: number): string => moduleLine(module, nameOf(module, index), pointerBytes)
  const unlisted = modules.filter((module) => !module.listed)
  const lines = [titleLine(pointerBytes), ...modules.filter((module) => module.listed).map(line)]
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

/** `lmvm NAME`: all that is known of each module, below its line of `lm`. */
export const renderModulesVerbosely = (
  modules: readonly Module[],
  pointerBytes: 4 | 8,
  nameOf: (module: Module) => string,
): string =>
  [
    titleLine(pointerBytes),
    ...modules.flatMap((module) => [moduleLine(module, nameOf(module), pointerBytes), ...details(module)]),
  ].join('\n')

const titleLine = (pointerBytes: 4 | 8): string => {
  const width = pointerBytes === 4 ? 8 : 17
  return `${'start'.padEnd(width)} ${'end'.padEnd(width)}   module name`
}

const rangeText =
  (pointerBytes: 4 | 8) =>
  (start: bigint, end: bigint): string =>
    `${debuggerAddress(start, pointerBytes)} ${debuggerAddress(end, pointerBytes)}`

const moduleLine = (module: Module, name: string, pointerBytes: 4 | 8): string => {
  const base = BigInt(module.base)
  const range = rangeText(pointerBytes)(base, base + BigInt(module.size))
  return `${range}   ${name.padEnd(10)} (no symbols)           ${module.name}`
}

const details = (module: Module): string[] => {
  const eight = (value: string | number): string => Number(value).toString(16).toUpperCase().padStart(8, '0')
  const { path, timestamp, checksum, pdb, version, company } = module
  const rows: [string, string | null | undefined][] = [
    ['Image path:', path],
    ['Image name:', module.name],
    ['Timestamp:', timestamp === null ? null : `${debuggerDate(Number(timestamp))} (${eight(timestamp)})`],
    ['CheckSum:', checksum === null ? null : eight(checksum)],
    ['ImageSize:', eight(module.size)],
    ['PDB:', pdb === null ? null : `${pdb.name} {${pdb.guid}} age ${pdb.age}`],
    ['File version:', version],
    ['CompanyName:', company],
  ]
  return rows.flatMap(([label, value]) =>
    value === null || value === undefined ? [] : [`    ${label.padEnd(label.startsWith('Image ') ? 11 : 17)} ${value}`],
  )
}
