import type { Comparison } from '../../../shared/analysis/comparison.ts'

/** Where each dump stands on the plot's axis: its time in seconds, or its number where a time is missing or repeats. */
export const timesOf = ({
  dumps,
}: Pick<Comparison, 'dumps'>): { readonly times: number[]; readonly isTime: boolean } => {
  const times = dumps.map(({ at }) => (at === null ? Number.NaN : Date.parse(at) / 1000))
  const rise = times.every((time, index) => index === 0 || time > times[index - 1])
  return rise && !times.some(Number.isNaN)
    ? { times, isTime: true }
    : { times: dumps.map((_, index) => index + 1), isTime: false }
}
