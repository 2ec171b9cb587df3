const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `50,827,424`. */
export const formatCount = (count: number): string => count.toLocaleString('en-US')

/** A size for reading: `48.5 MiB`. Powers of 1,024; three significant digits, none after the point below a KiB. */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${formatCount(bytes)} bytes`
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0
  return `${value.toFixed(digits)} ${units[unit]}`
}

/** A size for comparing with a debugger: `50,827,424 bytes (48.5 MiB)`. */
export const formatExactBytes = (bytes: number): string =>
  bytes < 1024 ? formatBytes(bytes) : `${formatCount(bytes)} bytes (${formatBytes(bytes)})`

/** Pages of 4,096 bytes as a size. */
export const formatPages = (pages: number): string => formatBytes(pages * 4096)

/**
 * A share in whole percent that never says more than is so: 99.9 % of something is not `100 %`, and a little is not
 * `0 %`. Null when there is nothing to take a share of.
 */
export const percentOf = (part: number, whole: number): number | null => {
  if (whole <= 0) return null
  if (part >= whole) return 100
  if (part <= 0) return 0
  return Math.min(99, Math.max(1, Math.round((part / whole) * 100)))
}

export const formatShare = (part: number, whole: number): string => {
  const percent = percentOf(part, whole)
  return percent === null ? '–' : `${percent} %`
}
