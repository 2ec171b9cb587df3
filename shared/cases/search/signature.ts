import { createHash } from 'node:crypto'
import type { Analysis } from '../../analysis/analysis.ts'
import type { Candidate, Finding } from '../../analysis/finding.ts'
import type { Module } from '../../analysis/module.ts'

/** Raised whenever `signatureOf` gives another signature for the same analysis. It is part of each signature. */
const signatureVersion = 1

/** So many suspects tell a cause; more of them tell nothing. */
const mostSuspects = 3

/**
 * Crashes that somebody asked for, by key, debugger or the button of a service processor. Which one was used says
 * nothing about the cause. Source: Microsoft's bug check code reference, 0xE2 MANUALLY_INITIATED_CRASH, 0xDEADDEAD
 * MANUALLY_INITIATED_CRASH1, 0x80 NMI_HARDWARE_FAILURE, 0x161 LIVE_SYSTEM_DUMP.
 */
const requestedCrashes = new Set(['0xe2', '0xdeaddead', '0x80', '0x161'])

/**
 * What cases of one cause have in common: pool tag, driver, the driver's build and the bugcheck, as
 * `sig1_` and 20 hexadecimal digits. Null where the analysis established no cause, for two mistakes are to be avoided:
 *
 * - One group with many bugs. There is no signature without a named culprit or a few suspects, and none where only an
 *   invented name stands for a driver that nothing else identifies.
 * - One bug over many groups. Nothing that differs from boot to boot or from machine to machine takes part: no addresses,
 *   no names made up at installation ({GUID}.sys), no order of suspects, no way of asking for the crash. The build is the
 *   linker's timestamp, which the module list always has; a version resource may be paged out in one dump and not in the
 *   next, and stands in only where there is no timestamp.
 */
export const signatureOf = ({ dump, findings, modules }: Analysis): string | null => {
  const finding = leadFinding(findings)
  const causes = finding === null ? [] : finding.candidates.slice(0, finding.status === 'culprit' ? 1 : undefined)
  if (finding === null || causes.length === 0 || causes.length > mostSuspects) return null
  const names = causes.map((cause) => identity(cause, modules))
  if (names.includes(null)) return null
  const code = dump.bugcheck?.code ?? null
  const crash = code === null || requestedCrashes.has(code) ? null : code
  const parts = JSON.stringify([signatureVersion, finding.kind, finding.tag, names.sort(), crash])
  return `sig${signatureVersion}_${createHash('sha256').update(parts).digest('hex').slice(0, 20)}`
}

/** The finding that a case is about: the one with a culprit, or else the first with suspects. */
export const leadFinding = (findings: readonly Finding[]): Finding | null =>
  (['culprit', 'suspects'] as const).flatMap((status) =>
    findings.filter((finding) => finding.status === status && finding.candidates.length > 0),
  )[0] ?? null

/** The module that a candidate names; null for a process. */
export const moduleOf = ({ name, base }: Candidate, modules: readonly Module[]): Module | null =>
  modules.find((module) => (base === null ? module.name === name : module.base === base)) ?? null

const guid = /\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?/gi

/** Name and build of a cause; null for a driver of which there is neither a name of its own nor a build. */
const identity = (cause: Candidate, modules: readonly Module[]): string | null => {
  const name = cause.name.toLowerCase().replace(guid, '{guid}')
  if (cause.kind === 'process') return `process ${name}`
  const module = moduleOf(cause, modules)
  const build = module?.timestamp ?? module?.version ?? null
  const isInvented = name.startsWith('unlisted@') || name.includes('{guid}')
  if (isInvented && build === null) return null
  return `${name.startsWith('unlisted@') ? 'unlisted' : name} ${build ?? ''}`
}
