const secondsTo1601 = 11644473600n

/** A FILETIME, 100 ns since 1601, of an ISO time, moved by so many seconds. */
export const fileTime = (iso: string, seconds = 0): bigint =>
  (BigInt(Date.parse(iso)) + (secondsTo1601 + BigInt(seconds)) * 1000n) * 10000n
