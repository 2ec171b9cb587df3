const shortest = 1000
const longest = 15_000

/**
 * Milliseconds until the next look, after one that changed something (`true`) or not: quick while things move, then
 * slower and slower.
 */
export const nextPollDelay = (previous: number | null, changed: boolean): number =>
  previous === null || changed ? shortest : Math.min(longest, Math.round(previous * 1.5))
