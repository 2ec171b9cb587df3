import { costOfAnnouncement, costOfDelivery, costOfDump } from '../../shared/cost/cost-model.ts'
import { expectedDump } from '../../shared/cost/expected-use.ts'
import { depletionDump, tinyDump } from '../../shared/cost/measured-dumps.ts'
import { prices } from '../../shared/cost/prices.ts'
import { zones } from './stage-settings.ts'

/** Dollars per dump by size and path, as a Markdown table for the README: `npx node infra/aws/cost-table.ts`. */
const gib = 2 ** 30
const rows = [
  { what: '2 MB, scanned (measured)', use: { bytes: tinyDump.bytes, analyses: [tinyDump] } },
  { what: '150 MB, scanned (measured)', use: { bytes: depletionDump.bytes, analyses: [depletionDump] } },
  ...[1, 2].map((size) => ({
    what: `${size} GiB, scanned`,
    use: expectedDump(size * gib, depletionDump, true),
  })),
  ...[32, 128].map((size) => ({
    what: `${size} GiB, sampled`,
    use: expectedDump(size * gib, depletionDump, false),
  })),
  ...[8, 32, 128].map((size) => ({
    what: `${size} GiB, scanned in shards`,
    use: expectedDump(size * gib, depletionDump, true),
  })),
]

const hoursOfMonth = 730

const dollars = (value: number): string => (value < 0.01 ? value.toFixed(5) : value.toFixed(3))

const delivery = costOfDelivery(prices)

export const costTable = (): string =>
  [
    '| dump | upload | compute | reads | bookkeeping | **analysis, $** | kept a month, $ |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map(({ what, use }) => {
      const { upload, compute, reads, bookkeeping, total, storageMonth } = costOfDump(use, prices)
      const figures = [upload, compute, reads, bookkeeping].map(dollars)
      return `| ${what} | ${figures.join(' | ')} | **${dollars(total)}** | ${dollars(storageMonth)} |`
    }),
    '',
    `Announced on the bus, in the bookkeeping of each analysis: $${costOfAnnouncement(prices).toPrecision(2)}.`,
    `Told to a webhook besides: $${delivery.requests.toPrecision(2)}, and $${delivery.second.toPrecision(2)} for each second it takes to answer.`,
    `The wall around the functions: $${(zones * prices.vpcEndpoint.hour * hoursOfMonth).toFixed(2)} a month.`,
    `Public list prices of ${prices.region}, ${prices.asOf}, without free tier. Sizes without "measured" are scaled from the 150 MB dump.`,
  ].join('\n')

if (import.meta.main) console.log(costTable())
