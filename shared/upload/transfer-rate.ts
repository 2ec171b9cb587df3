/** Bytes that were sent at a moment, in milliseconds of any one clock. */
export type Sample = { readonly at: number; readonly bytes: number }

const windowMilliseconds = 10_000

/** The samples of the last ten seconds with a new one added; older ones say nothing of the speed now. */
export const addSample = (samples: readonly Sample[], sample: Sample): Sample[] => [
  ...samples.filter(({ at }) => at > sample.at - windowMilliseconds),
  sample,
]

/** Bytes a second over the samples; null until they span a second, because a guess would only jump about. */
export const transferRate = (samples: readonly Sample[]): number | null => {
  const first = samples.at(0)
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < 1000) return null
  return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000)
}

/** Milliseconds until the rest is sent at this rate; null when nothing moves. */
export const timeLeft = (restBytes: number, bytesPerSecond: number | null): number | null =>
  bytesPerSecond === null || bytesPerSecond <= 0 ? null : (restBytes / bytesPerSecond) * 1000
