/** How the debugger writes things: addresses of 64 bits with a backtick in the middle, memory sizes in pages and Kb. */

/** An address as the extension commands print it: without the backtick. */
export const debuggerDigits = (address: bigint, pointerBytes: 4 | 8): string =>
  address.toString(16).padStart(pointerBytes * 2, '0')

/** As most commands print it: sixteen digits with a backtick in the middle, or eight on 32-bit Windows. */
export const debuggerAddress = (address: bigint, pointerBytes: 4 | 8): string => {
  const digits = debuggerDigits(address, pointerBytes)
  return pointerBytes === 4 ? digits : `${digits.slice(0, 8)}\`${digits.slice(8)}`
}

/** `851420 ( 3405680 Kb)` */
export const pagesAndKb = (pages: number): string => `${pages} ( ${pages * 4} Kb)`

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')
const three = (value: number): string => String(value).padStart(3, '0')

/** `Wed Mar 26 09:30:00.000 2008 (UTC + 0:00)` of an ISO 8601 time. */
export const debuggerTime = (iso: string): string => {
  const time = new Date(iso)
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}.${three(time.getUTCMilliseconds())}`
  const date = `${days[time.getUTCDay()]} ${months[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2)}`
  return `${date} ${clock} ${time.getUTCFullYear()} (UTC + 0:00)`
}

/** `Fri Oct 05 00:45:50 2012` of a PE header's time stamp, in UTC: the debugger's own time zone is not the dump's. */
export const debuggerDate = (seconds: number): string => {
  const time = new Date(seconds * 1000)
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`
  const date = `${days[time.getUTCDay()]} ${months[time.getUTCMonth()]} ${two(time.getUTCDate())}`
  return `${date} ${clock} ${time.getUTCFullYear()}`
}

/** `3 days 4:05:06.789` */
export const debuggerUptime = (seconds: number): string => {
  const milliseconds = Math.floor(seconds * 1000)
  const [whole, rest] = [Math.floor(milliseconds / 1000), milliseconds % 1000]
  const [day, hour, minute] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60]
  return `${day} days ${hour}:${two(minute)}:${two(whole % 60)}.${three(rest)}`
}
