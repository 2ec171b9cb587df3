/** Numbers as the debugger prints them. */

/** `f50b8058`, and with 64 bits ``fffff800`02a1b2c0``. */
export const debuggerAddress = (address: bigint, pointerBytes: 4 | 8): string => {
  if (pointerBytes === 4) return BigInt.asUintN(32, address).toString(16).padStart(8, '0')
  const digits = BigInt.asUintN(64, address).toString(16).padStart(16, '0')
  return `${digits.slice(0, 8)}\`${digits.slice(8)}`
}

/** What stands for a word that is not in the dump. */
export const unreadable = (pointerBytes: 4 | 8): string => (pointerBytes === 4 ? '????????' : '????????`????????')

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Wed Mar 26 09:15:00 2008 (UTC)` from seconds since 1970; the debugger prints local time, which a dump does not know. */
export const debuggerTime = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${time} ${date.getUTCFullYear()} (UTC)`
}
