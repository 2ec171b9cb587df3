import type { PoolScan } from '../analysis/pool-usage.ts'
import type { Agreement } from '../pool/agreement.ts'

const shownTags = 10

/** What the page scan found, beside what the tracker says. The debugger has no such command; `!poolfind` comes nearest. */
export const renderPoolScan = (scan: PoolScan, poolPages: number, agreement: Agreement | null): string => {
  const lines = [
    `Pages looked at: ${scan.pagesScanned} ( ${scan.pagesScanned * 4} Kb), pool pages among them: ${poolPages}`,
    `Allocated blocks found by their headers: ${scan.blocks}`,
    '',
  ]
  if (agreement === null) {
    lines.push(' Tag    Blocks     Used')
    for (const { tag, blocks, bytes } of scan.tags.slice(0, shownTags)) lines.push(row(tag, [blocks, bytes]))
    return lines.join('\n')
  }
  lines.push('             Tracker              Found', ' Tag    Allocs     Used    Blocks     Used  Agreement')
  for (const { tag, tracker, found, ratio } of agreement.tags.slice(0, shownTags))
    lines.push(`${row(tag, [tracker.blocks, tracker.bytes, found.blocks, found.bytes])} ${percent(ratio).padStart(10)}`)
  lines.push('', `Tracker and blocks agree on ${percent(agreement.ratio)} of the bytes compared.`)
  if (agreement.leftOutBytes > 0)
    lines.push(
      `${agreement.leftOutBytes} bytes in tags of large blocks were not compared: the table of large allocations was not found.`,
    )
  return lines.join('\n')
}

const row = (tag: string, values: readonly number[]): string =>
  ` ${tag}${values.map((value) => ` ${String(value).padStart(8)}`).join('')}`

/** Rounded down, so that 100 % means all. */
const percent = (ratio: number): string => `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`
