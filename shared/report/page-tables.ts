/** One level as `!pte` shows it: an entry's name, address and content; null where it is not in the dump. */
export type ShownEntry = {
  readonly name: string
  readonly address: bigint
  readonly content: bigint | null
  /** What the content means: `pfn 154 -G--A--KREV`, `LARGE PAGE pfn 2815`, `not valid`. */
  readonly meaning: string
  /** Further lines below `not valid`. */
  readonly details: readonly string[]
}

/** As wide as `pfn 1175      -G-DA--KWEV` and what parts it from the next. */
const width = 27

/**
 * `!pte`: a column for each level. Shape of 64-bit entries from published output (volatilityfoundation/volatility3 pull
 * request 475), of which that of 32-bit ones is a narrower form; letters as documented under "!pte".
 */
export const pageTableColumns = (
  address: bigint,
  entries: readonly ShownEntry[],
  pointerBytes: 4 | 8,
  entryBytes: 4 | 8,
): string => {
  const digits = (value: bigint, bytes: number): string =>
    value
      .toString(16)
      .toUpperCase()
      .padStart(bytes * 2, '0')
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell) => cell.padEnd(width))
      .join('')
      .trimEnd()
  const title = `VA ${address.toString(16).padStart(pointerBytes * 2, '0')}`
  const column = Math.floor((entries.length * width - title.length) / 2)
  const unreadable = entries.findIndex(({ content }) => content === null)
  const shown = unreadable < 0 ? entries : entries.slice(0, unreadable)
  const ended = shown.findIndex(({ meaning }) => meaning === 'not valid')
  const told = ended < 0 ? shown : shown.slice(0, ended + 1)
  const last = told.length - 1
  return [
    `${' '.repeat(Math.max(0, column))}${title}`,
    row(entries.map((entry) => `${entry.name} at ${digits(entry.address, pointerBytes)}`)),
    ...(told.length === 0 ? [] : [row(told.map(({ content }) => `contains ${digits(content ?? 0n, entryBytes)}`))]),
    ...(told.length === 0 ? [] : [row(told.map(({ meaning }) => meaning))]),
    ...(told.at(last)?.details ?? []).map((line) => `${' '.repeat(last * width + 1)}${line}`),
    ...(unreadable >= 0 && ended < 0
      ? [`Unable to get ${entries[unreadable].name} ${digits(entries[unreadable].address, pointerBytes)}`]
      : []),
  ].join('\n')
}

/** The letters of an x86 or x64 entry's low bits, highest first (documentation, "!pte"). */
export const entryLetters = (low: number, executable: boolean): string =>
  [
    low & 0x200 ? 'C' : '-',
    low & 0x100 ? 'G' : '-',
    low & 0x80 ? 'L' : '-',
    low & 0x40 ? 'D' : '-',
    low & 0x20 ? 'A' : '-',
    low & 0x10 ? 'N' : '-',
    low & 8 ? 'T' : '-',
    low & 4 ? 'U' : 'K',
    low & 2 ? 'W' : 'R',
    executable ? 'E' : '-',
    low & 1 ? 'V' : '-',
  ].join('')
