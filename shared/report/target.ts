import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { DumpHeader } from '../dump/header.ts'
import { debuggerAddress, debuggerTime, debuggerUptime } from './debugger-text.ts'

/** What the debugger calls the versions of Windows, by their first build. */
const products: readonly (readonly [number, string])[] = [
  [0, 'Windows'],
  [2195, 'Windows 2000'],
  [2600, 'Windows XP'],
  [3790, 'Windows Server 2003'],
  [6000, 'Windows Server 2008/Windows Vista'],
  [7600, 'Windows 7'],
  [9200, 'Windows 8'],
  [9600, 'Windows 8.1'],
  [10240, 'Windows 10'],
]

/** VER_SUITE_* in the debugger's words. */
const suites: readonly (readonly [number, string])[] = [
  [0x1, 'SmallBusiness'],
  [0x2, 'Enterprise'],
  [0x4, 'BackOffice'],
  [0x8, 'CommunicationServer'],
  [0x10, 'TerminalServer'],
  [0x20, 'SmallBusinessRestricted'],
  [0x40, 'EmbeddedNT'],
  [0x80, 'DataCenter'],
  [0x100, 'SingleUserTS'],
  [0x200, 'Personal'],
  [0x400, 'Blade'],
]
const productTypes: Readonly<Record<number, string>> = { 1: 'WinNt', 2: 'LanManNt', 3: 'Server' }

/** What `vertarget` shows beyond the header; null where the dump does not tell it. */
export type TargetDetails = {
  readonly servicePack: number | null
  /** The text of nt!NtBuildLab. */
  readonly buildLab: string | null
  readonly kernelBase: bigint | null
  readonly psLoadedModuleList: bigint
}

/** `vertarget`. */
export const renderTarget = (facts: DumpFacts, header: DumpHeader, details: TargetDetails): string => {
  const pointerBytes = header.bits === 64 ? 8 : 4
  const product = products.findLast(([build]) => header.build >= build)?.[1] ?? 'Windows'
  const pack = details.servicePack ? ` (Service Pack ${details.servicePack})` : ''
  const processors = facts.processors === 1 ? 'UP' : `MP (${facts.processors ?? '?'} procs)`
  const checked = header.majorVersion === 0xc ? 'Checked' : 'Free'
  const address = (value: bigint): string => `0x${debuggerAddress(value, pointerBytes)}`
  const lines = [`${product} Kernel Version ${header.build}${pack} ${processors} ${checked} ${facts.machine}`]
  if (header.productType !== null) {
    const names = suites.filter(([bit]) => ((header.suiteMask ?? 0) & bit) !== 0).map(([, name]) => name)
    const type = productTypes[header.productType] ?? String(header.productType)
    lines.push(`Product: ${type}${names.length > 0 ? `, suite: ${names.join(' ')}` : ''}`)
  }
  if (details.buildLab !== null) lines.push(`Built by: ${details.buildLab}`)
  const list = `PsLoadedModuleList = ${address(details.psLoadedModuleList)}`
  lines.push(details.kernelBase === null ? list : `Kernel base = ${address(details.kernelBase)} ${list}`)
  if (facts.crashedAt !== null) lines.push(`Debug session time: ${debuggerTime(facts.crashedAt)}`)
  if (facts.uptimeSeconds !== null) lines.push(`System Uptime: ${debuggerUptime(facts.uptimeSeconds)}`)
  return lines.join('\n')
}

/** `.bugcheck`. */
export const renderBugcheck = (header: DumpHeader): string => {
  const pointerBytes = header.bits === 64 ? 8 : 4
  const code = header.bugcheckCode.toString(16).toUpperCase().padStart(8, '0')
  const parameters = header.bugcheckParameters.map((value) => debuggerAddress(value, pointerBytes))
  return `Bugcheck code ${code}\nArguments ${parameters.join(' ')}`
}
