import type { TranscriptEntry } from '../analysis/analysis.ts'
import type { Module } from '../analysis/module.ts'
import { directoryIndex, type Image } from '../image/image.ts'
import { debuggerAddress, debuggerTime } from './debugger-text.ts'

/** Names the debugger gives the machine types of a PE header (PE specification). */
const machines: Record<number, string> = { 332: 'I386', 34404: 'X64', 43620: 'ARM64', 512: 'IA64' }

/** `!lmi ADDRESS`: the module an address belongs to, as its headers in memory say, or the module list without them. */
export const moduleInfo = (
  address: bigint,
  module: Module,
  image: Image | null,
  pointerBytes: 4 | 8,
): TranscriptEntry => {
  const at = debuggerAddress(address, pointerBytes)
  const seconds = image?.timestamp ?? (module.timestamp === null ? null : Number(module.timestamp))
  const machine = image === null ? '' : `${image.machine} (${machines[image.machine] ?? 'unknown'})`
  const checksum = image === null ? module.checksum?.slice(2) : image.checksum.toString(16)
  const rows: [string, string][] = [
    ['Module', module.name.replace(/\.[^.]*$/, '')],
    ['Base Address', debuggerAddress(BigInt(module.base), pointerBytes)],
    ['Image Name', module.name],
    ['Machine Type', machine],
    [
      'Time Stamp',
      seconds === null ? '' : `${seconds.toString(16)} ${debuggerTime(new Date(seconds * 1000).toISOString())}`,
    ],
    ['Size', module.size.toString(16)],
    ['CheckSum', checksum ?? ''],
    ['Symbol Name', module.pdb?.name ?? ''],
  ]
  const known = rows.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padStart(16)} ${value}`)
  const missing = image === null ? ["The image's headers are not in the dump."] : []
  return { command: `!lmi ${at}`, output: [`Loaded Module Info: [${at}]`, ...known, ...missing].join('\n') }
}

const shownDirectories: readonly [number, string][] = [
  [directoryIndex.export, 'Export Directory'],
  [directoryIndex.import, 'Import Directory'],
  [directoryIndex.debug, 'Debug Directory'],
  [directoryIndex.iat, 'Import Address Table Directory'],
  [directoryIndex.delayImport, 'Delay Import Directory'],
]

/** `!dh BASE`: of its output, the data directories that tell whether a slot is an import. */
export const displayHeaders = (base: bigint, image: Image, pointerBytes: 4 | 8): TranscriptEntry => ({
  command: `!dh ${debuggerAddress(base, pointerBytes)}`,
  output: shownDirectories
    .map(([index, name]) => {
      const { rva, size } = image.directories[index]
      return `${rva.toString(16).padStart(8)} [${size.toString(16).padStart(8)}] address [size] of ${name}`
    })
    .join('\n'),
})
