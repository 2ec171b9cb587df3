import type { Architecture, DumpFacts } from '../analysis/dump-facts.ts'
import { hexAddress } from '../analysis/scalars.ts'
import { bugcheckName } from '../dump/bugcheck-names.ts'
import { type DumpHeader, machineType } from '../dump/header.ts'
import type { Dump } from '../dump/open-dump.ts'
import { isoTime } from './windows-time.ts'

/** The machine as the debugger names it. */
const machines: Readonly<Record<number, string>> = {
  [machineType.x86]: 'x86 compatible',
  [machineType.x64]: 'x64',
  [machineType.arm64]: 'ARM 64-bit (AArch64)',
  [machineType.armThumb]: 'ARM (NT) Thumb-2',
  [machineType.ia64]: 'Itanium',
}

/** What converters of raw memory leave where a stop code would be (reference 14). */
const filler = 0x45474150
/** Windows numbers no more processors than these. */
const maxProcessors = 4096

/** What the header and the container tell of a dump of `bytes` bytes; `architecture` where its page tables told more. */
export const dumpFacts = (dump: Dump, bytes: number, architecture?: Architecture): DumpFacts => ({
  bytes,
  ...headerFacts(dump.header),
  format: formatOf(dump),
  architecture: architecture ?? architectureOf(dump.header),
  truncated:
    dump.kind === 'memory' || dump.kind === 'triage'
      ? dump.truncated
      : dump.kind === 'refused' && dump.refusal.code === 'truncated-header',
  ...(dump.kind === 'refused' ? { refusal: dump.refusal } : {}),
  physicalPages:
    dump.kind === 'memory' ? { expected: dump.physical.expectedPages, present: dump.physical.presentPages } : null,
})

const formatOf = (dump: Dump): DumpFacts['format'] =>
  dump.kind === 'memory' || dump.kind === 'refused' ? dump.format : dump.kind

const headerFacts = (header: DumpHeader | null) => {
  if (header === null)
    return { build: null, machine: 'unknown', processors: null, bugcheck: null, crashedAt: null, uptimeSeconds: null }
  const { bugcheckCode, processors, systemUpTime } = header
  return {
    build: header.build,
    machine: machines[header.machineImageType] ?? `0x${header.machineImageType.toString(16)}`,
    processors: processors > 0 && processors <= maxProcessors ? processors : null,
    bugcheck:
      bugcheckCode === filler
        ? null
        : {
            code: hexAddress(BigInt(bugcheckCode)),
            name: bugcheckName(bugcheckCode),
            parameters: header.bugcheckParameters.map(hexAddress),
          },
    crashedAt: header.systemTime === null ? null : isoTime(header.systemTime),
    uptimeSeconds: systemUpTime === null || systemUpTime > maxUptime ? null : Number(systemUpTime) / 1e7,
  }
}

/** A century in units of 100 ns: what is longer is no time a machine was up. */
const maxUptime = 100n * 366n * 86_400n * 10_000_000n

const architectureOf = (header: DumpHeader | null): Architecture => {
  if (header?.machineImageType === machineType.x64) return 'x64'
  if (header?.machineImageType === machineType.arm64) return 'arm64'
  if (header?.machineImageType !== machineType.x86) return 'unknown'
  return header.paeEnabled === null ? 'unknown' : header.paeEnabled ? 'x86-pae' : 'x86'
}
