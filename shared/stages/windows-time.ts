/** From 1601, where FILETIME begins, to 1970, in milliseconds. */
const epochDifference = 11_644_473_600_000n
const year1990 = Date.UTC(1990)
const year2200 = Date.UTC(2200)

/** A FILETIME (100 ns since 1601) as ISO 8601 in UTC, null when it is outside of any time Windows ran at. */
export const isoTime = (fileTime: bigint): string | null => {
  const milliseconds = Number(fileTime / 10_000n - epochDifference)
  return milliseconds >= year1990 && milliseconds < year2200 ? new Date(milliseconds).toISOString() : null
}
