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

const daySeconds = 86_400

/** `21 May`. */
const dayOf = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** What stands at the marks of a time axis, in UTC: the time, with the day below where it is another than at the mark before. */
export const timeLabels = (marks: readonly number[]): string[] =>
  marks.map((mark, index) => {
    const day = dayOf(mark)
    const before = marks[index - 1]
    const dated = before === undefined ? `${day} ${new Date(mark * 1000).getUTCFullYear()}` : day
    if (marks.length > 1 && marks[1] - marks[0] >= daySeconds) return dated
    const time = new Date(mark * 1000).toISOString().slice(11, 16)
    return before === undefined || dayOf(before) !== day ? `${time}\n${dated}` : time
  })
