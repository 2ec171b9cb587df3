import type { TranscriptEntry } from '../analysis/analysis.ts'
import type { Module } from '../analysis/module.ts'
import type { FileHeaders } from '../image/file-headers.ts'
import { debuggerAddress, debuggerDate } from './debugger-text.ts'

/** Names the debugger gives the machine types of a PE header (PE specification). */
const machines: Record<number, string> = { 332: 'I386', 34404: 'X64', 43620: 'ARM64', 512: 'IA64' }

/**
 * `!lmi WHAT`, an address or a name: the module it belongs to, as its headers in memory say, or the module list without
 * them.
 */
export const moduleInfo = (
  what: string,
  module: Module,
  headers: FileHeaders | null,
  pointerBytes: 4 | 8,
): TranscriptEntry => {
  const seconds = headers?.timestamp ?? (module.timestamp === null ? null : Number(module.timestamp))
  const machine = headers === null ? '' : `${headers.machine} (${machines[headers.machine] ?? 'unknown'})`
  const checksum = headers === null ? module.checksum?.slice(2) : headers.checksum.toString(16)
  const rows: [string, string][] = [
    ['Module', module.name.replace(/\.[^.]*$/, '')],
    ['Base Address', debuggerAddress(BigInt(module.base), pointerBytes)],
    ['Image Name', module.name],
    ['Machine Type', machine],
    ['Time Stamp', seconds === null ? '' : `${seconds.toString(16)} ${debuggerDate(seconds)}`],
    ['Size', module.size.toString(16)],
    ['CheckSum', checksum ?? ''],
    ['Characteristics', headers?.characteristics.toString(16) ?? ''],
    ['Debug Data Dirs', codeView(module)],
  ]
  const known = rows.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padStart(16)} ${value}`)
  const missing = headers === null ? ["The image's headers are not in the dump."] : []
  return { command: `!lmi ${what}`, output: [`Loaded Module Info: [${what}]`, ...known, ...missing].join('\n') }
}

const codeView = ({ pdb }: Module): string => {
  if (pdb === null) return ''
  const kind = pdb.guid.includes('-') ? `RSDS - GUID: {${pdb.guid}}` : `NB10 - Sig: ${pdb.guid}`
  return `CODEVIEW ${kind}\n${' '.repeat(17)}Age: ${pdb.age.toString(16)}, Pdb: ${pdb.name}`
}
