import type { Analysis } from '../../shared/analysis/analysis.ts'
import { type Judged, judgeVariant } from '../conformance/verdict-matrix-dump.ts'
import type { Machine } from '../forge/machine/machine.ts'
import { drawHostile, type Hostile, shown } from './variants.ts'

/** What one hostile dump showed. `complaints` are the promises that were broken, in full sentences; none is the rule. */
export type Checked = {
  readonly label: string
  readonly verdict: string
  readonly milliseconds: number
  readonly complaints: readonly string[]
}

/** Forges and analyses hostile dump number `index` of a seed. Never rejects: a crash is a complaint. */
export const checkHostile = (seed: string, index: number): Promise<Checked> => check(drawHostile(seed, index))

/** The same for any hostile dump; of a machine that was built before where it is given. */
export const check = async ({ label, variant, undecidable }: Hostile, machine?: Machine): Promise<Checked> => {
  const started = performance.now()
  try {
    const judged = await judgeVariant(variant, machine)
    const milliseconds = performance.now() - started
    return { label, verdict: judged.verdict, milliseconds, complaints: complaintsOf(judged, undecidable) }
  } catch (error) {
    const milliseconds = performance.now() - started
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { label, verdict: 'crash', milliseconds, complaints: [`It crashed: ${what}`] }
  }
}

const complaintsOf = ({ analysis, candidates, machine }: Judged, undecidable: boolean): string[] => [
  ...candidates
    .filter(({ right, confidence, culprit }) => !right && !undecidable && (confidence > 0.5 || culprit))
    .map(({ name, tag, confidence }) => `${name} is innocent of ${tag} and has a confidence of ${confidence}.`),
  ...healthComplaints(analysis, machine),
  ...coverageComplaints(analysis),
  ...accountingComplaints(analysis, machine),
]

/** A machine that leaks is not called healthy while the limits it is judged by are read as they are. */
const healthComplaints = ({ verdict, memory }: Analysis, { scenario }: Machine): string[] => {
  if (verdict !== 'healthy') return []
  const { pools, layout, physical } = scenario
  const limited = !layout.kdbgWithoutCounters
  const known = limited
    ? memory?.nonPagedPool.maximumPages === pools.nonPagedMaximum &&
      memory?.pagedPool.maximumPages === pools.pagedMaximum
    : memory?.physicalPages === physical.pages
  return known ? ['It is called healthy, and leaks.'] : []
}

const coverageComplaints = ({ coverage }: Analysis): string[] =>
  coverage
    .filter(({ wantedBytes, readBytes }) => readBytes > wantedBytes)
    .map(({ area, wantedBytes, readBytes }) => `${area}: ${readBytes} bytes were read of ${wantedBytes}.`)

/** Accounting that is not called a lower bound must be the truth, tag by tag. */
const accountingComplaints = ({ pool }: Analysis, machine: Machine): string[] => {
  if (pool === null || pool.lowerBound || pool.source === 'scan') return []
  const truth = new Map(machine.tracked.map((row) => [shown(row.tag), row]))
  return pool.tags.flatMap(({ tag, nonPaged, paged }) => {
    const row = truth.get(tag)
    if (row === undefined) return nonPaged.bytes + paged.bytes === 0 ? [] : [`${tag} is no tag of this machine.`]
    return [
      ['non-paged', nonPaged.bytes, row.nonPaged.bytes] as const,
      ['paged', paged.bytes, row.paged.bytes] as const,
    ]
      .filter(([, said, is]) => said !== is)
      .map(([where, said, is]) => `${tag} has ${is} ${where} bytes, and ${said} are told as if they were all.`)
  })
}
