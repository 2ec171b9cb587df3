import type { Analysis } from '../analysis/analysis.ts'
import type { Candidate, Evidence, Finding } from '../analysis/finding.ts'
import { counted, grouped, poolName } from '../verdict/wording.ts'
import { printable } from './printable.ts'

/** A ticket is read at a glance: this much evidence for each one named, the weightiest first. */
const evidenceShown = 4

/** The answer in a few lines of plain text, for pasting into a ticket: no markup, no tables, no transcript. */
export const ticketText = (analysis: Analysis): string => {
  const { dump, headline, verdict, findings, engine } = analysis
  const lead = findings.find(({ status }) => status !== 'information')
  const lines =
    dump.refusal === undefined
      ? [headline, `Verdict: ${verdict.replace('-', ' ')}.`, ...(lead === undefined ? [] : findingLines(lead))]
      : [dump.refusal.message, `What to do: ${dump.refusal.advice}`]
  return printable([...lines, ...incomplete(analysis), dumpLine(analysis), `dumpline ${engine.version}\n`].join('\n'))
}

const findingLines = (finding: Finding): string[] => [
  ...(finding.tag === null || finding.bytes === null ? [] : [heldLine(finding, finding.tag, finding.bytes)]),
  ...named(finding).flatMap((candidate) => candidateLines(finding.status, candidate)),
  ...(finding.nextStep === '' ? [] : [`Next step: ${finding.nextStep}`]),
]

const heldLine = ({ pool, outstanding }: Finding, tag: string, bytes: number): string =>
  `Pool tag ${tag}${pool === null ? '' : ` in ${poolName(pool)}`}: ${grouped(bytes)} bytes${outstanding === null ? '' : ` in ${counted(outstanding, 'block')}`}.`

const named = ({ status, candidates }: Finding): readonly Candidate[] =>
  status === 'culprit' ? candidates.slice(0, 1) : status === 'suspects' ? candidates : []

const candidateLines = (status: Finding['status'], candidate: Candidate): string[] => {
  const where = candidate.base === null ? '' : ` at ${candidate.base}`
  const percent = Math.floor(candidate.confidence * 100 + 1e-9)
  return [
    `${status === 'culprit' ? 'Culprit' : 'Suspect'}: ${candidate.name}${where}, ${percent} % confidence`,
    ...weightiest(candidate.for).map(({ statement }) => `  + ${statement}`),
    ...weightiest(candidate.against).map(({ statement }) => `  - ${statement}`),
  ]
}

const weightiest = (evidence: readonly Evidence[]): Evidence[] =>
  evidence.toSorted((a, b) => b.weight - a.weight).slice(0, evidenceShown)

/** What was not searched must not be left out of a short text: it is what the verdict may fail on. */
const incomplete = ({ coverage }: Analysis): string[] => {
  const areas = coverage.filter(({ readBytes, wantedBytes }) => readBytes < wantedBytes).map(({ area }) => area)
  return areas.length === 0 ? [] : [`Not wholly in the dump, and so not wholly searched: ${areas.join(', ')}.`]
}

const dumpLine = ({ dump }: Analysis): string => {
  const { bugcheck, crashedAt, build, architecture, format } = dump
  const parts = [
    `${format} dump`,
    build === null ? architecture : `${architecture}, Windows build ${build}`,
    bugcheck === null ? null : `bugcheck ${bugcheck.code}${bugcheck.name === null ? '' : ` ${bugcheck.name}`}`,
    crashedAt === null ? null : `crashed ${crashedAt}`,
  ]
  return `Dump: ${parts.filter((part) => part !== null).join('; ')}.`
}
