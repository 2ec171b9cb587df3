import { judgeVariant } from '../conformance/verdict-matrix-dump.ts'
import { drawVariant } from './variants.ts'

/** What was said of one variant, as far as calibration goes. */
export type Scored = {
  readonly label: string
  /** Nothing leaks on this machine. */
  readonly calm: boolean
  readonly verdict: string
  readonly candidates: readonly {
    readonly name: string
    readonly confidence: number
    readonly right: boolean
    readonly culprit: boolean
  }[]
}

export const score = async (seed: string, index: number): Promise<Scored> => {
  const { label, variant, calm = false } = drawVariant(seed, index)
  const { verdict, candidates } = await judgeVariant(variant)
  return {
    label,
    calm,
    verdict,
    candidates: candidates.map(({ name, confidence, right, culprit }) => ({ name, confidence, right, culprit })),
  }
}

/** Lower ends of the bands of confidence. */
const bands = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const
/** Of the candidates with a confidence of 0.9 and more, so many must be right. */
export const required = { confidence: 0.9, share: 0.99 } as const

type Share = { readonly right: number; readonly all: number }

const share = (list: readonly { readonly right: boolean }[]): Share => ({
  right: list.filter(({ right }) => right).length,
  all: list.length,
})

/** Right ones among those that are sure, among those named culprit, and by band. */
export const calibrationOf = (scored: readonly Scored[]) => {
  const candidates = scored.flatMap((one) => one.candidates)
  return {
    bands: bands.map((from, at) => ({
      from,
      ...share(candidates.filter(({ confidence }) => confidence >= from && confidence < (bands[at + 1] ?? 2))),
    })),
    sure: share(candidates.filter(({ confidence }) => confidence >= required.confidence)),
    culprits: share(candidates.filter(({ culprit }) => culprit)),
    /** Innocent ones with more than an even chance, to look into. */
    wrong: scored.flatMap(({ label, candidates: named }) =>
      named.filter(({ right, confidence }) => !right && confidence > 0.5).map((one) => ({ label, ...one })),
    ),
    verdicts: verdictsOf(scored.filter(({ calm }) => !calm)),
    calmVerdicts: verdictsOf(scored.filter(({ calm }) => calm)),
    /** Machines without a leak of which somebody is accused. */
    falseAlarms: scored.filter(({ calm, verdict }) => calm && ['culprit', 'suspects'].includes(verdict)),
  }
}

const verdictsOf = (scored: readonly Scored[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(scored.map(({ verdict }) => verdict))]
      .sort()
      .map((verdict) => [verdict, scored.filter((one) => one.verdict === verdict).length]),
  )

export type Calibration = ReturnType<typeof calibrationOf>

const percent = ({ right, all }: Share): string => (all === 0 ? '-' : `${((100 * right) / all).toFixed(1)} %`)

const counts = (verdicts: Record<string, number>): string =>
  Object.entries(verdicts)
    .map(([verdict, count]) => `${verdict} ${count}`)
    .join(', ')

export const printed = (calibration: Calibration): string =>
  [
    'confidence    candidates   right',
    ...calibration.bands.map((row) => {
      const to = row.from === 0.9 ? '1.0 ' : `${(row.from + 0.1).toFixed(1)} `
      return `${row.from.toFixed(1)} – ${to}${String(row.all).padStart(14)}${String(row.right).padStart(8)}  ${percent(row).padStart(8)}`
    }),
    `confidence ≥ ${required.confidence}: ${calibration.sure.right} of ${calibration.sure.all} right, ${percent(calibration.sure)}`,
    `culprit verdicts: ${calibration.culprits.right} of ${calibration.culprits.all} right, ${percent(calibration.culprits)}`,
    `verdicts where something leaks: ${counts(calibration.verdicts)}`,
    `verdicts where nothing does: ${counts(calibration.calmVerdicts)}`,
    ...calibration.wrong.map(({ label, name, confidence }) => `WRONG ${confidence} ${name}: ${label}`),
    ...calibration.falseAlarms.map(({ label, verdict }) => `FALSE ALARM ${verdict}: ${label}`),
  ].join('\n')

export const isCalibrated = ({ sure, falseAlarms }: Calibration): boolean =>
  falseAlarms.length === 0 && sure.all > 0 && sure.right / sure.all >= required.share
