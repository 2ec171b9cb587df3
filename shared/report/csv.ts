/**
 * A line of CSV (RFC 4180). Texts come out of dumps and from people and may look like a formula; such a text gets an
 * apostrophe before it, so that a spreadsheet does not run it.
 */
export const csvLine = (row: readonly (string | number | null)[]): string => `${row.map(field).join(',')}\r\n`

const field = (value: string | number | null): string => {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
