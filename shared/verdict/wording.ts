/** Numbers and lists as the findings' sentences write them. No locale: the same dump reads the same everywhere. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

/** Whole per cent, but never 0 of something or 100 of less than all. */
export const percent = (part: number, whole: number): string => {
  const rounded = whole === 0 ? 0 : Math.round((part / whole) * 100)
  if (rounded === 0 && part > 0) return 'under 1 %'
  return rounded === 100 && part < whole ? 'over 99 %' : `${rounded} %`
}

/** Bytes as KiB, MiB or GiB. */
export const size = (bytes: number): string => {
  if (bytes < 2 ** 20) return `${Math.round(bytes / 2 ** 10)} KiB`
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

/** `1 block`, `2,000 blocks`. */
export const counted = (count: number, singular: string, plural = `${singular}s`): string =>
  `${grouped(count)} ${count === 1 ? singular : plural}`

/** `a`, `a and b`, `a, b and c`; more than `most` are cut with a count. */
export const listed = (names: readonly string[], most = 4): string => {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

export type PoolName = 'nonpaged' | 'paged'

export const poolName = (pool: PoolName): string => (pool === 'nonpaged' ? 'NonPagedPool' : 'PagedPool')
