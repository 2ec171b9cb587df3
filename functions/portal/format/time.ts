const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long ago `iso` was at `now` (milliseconds): `just now`, `5 min ago`, `3 h ago`, `12 days ago`. */
export const formatAge = (iso: string, now: number): string => {
  const age = now - Date.parse(iso)
  if (age < minute) return 'just now'
  if (age < hour) return `${Math.floor(age / minute)} min ago`
  if (age < day) return `${Math.floor(age / hour)} h ago`
  const days = Math.floor(age / day)
  return days === 1 ? '1 day ago' : `${formatDays(days)} ago`
}

const formatDays = (days: number): string => `${days.toLocaleString('en-US')} days`

/** `2008-12-17 21:04:59 UTC`. */
export const formatTimestamp = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** For whoever is no engineer: `1 January 2027 at 13:00 CET`, in the reader's own time zone, which is named. */
export const formatMoment = (iso: string): string => new Date(iso).toLocaleString('en-GB', momentFields)

const momentFields: Intl.DateTimeFormatOptions = {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
}

/** A duration in milliseconds, in its two largest units: `340 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `21 days 4 h`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 10 * second) return `${(milliseconds / second).toFixed(1)} s`
  if (milliseconds < minute) return `${Math.floor(milliseconds / second)} s`
  const pair = (large: number, largeName: string, small: number, smallName: string): string => {
    const rest = Math.floor((milliseconds % large) / small)
    const first = `${Math.floor(milliseconds / large).toLocaleString('en-US')} ${largeName}`
    return rest === 0 ? first : `${first} ${rest} ${smallName}`
  }
  if (milliseconds < hour) return pair(minute, 'min', second, 's')
  if (milliseconds < day) return pair(hour, 'h', minute, 'min')
  return pair(day, milliseconds < 2 * day ? 'day' : 'days', hour, 'h')
}
