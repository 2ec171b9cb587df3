import type { Comparison } from '../analysis/comparison.ts'
import { findingSection, type Section, table } from './document.ts'
import { sectionsText } from './text.ts'

/** How many tags the report shows: those that grow come first anyway. */
const tagsShown = 20

/** A comparison for a person to read: what grew and what of it can be trusted, then the figures. */
export const comparisonReport = (comparison: Comparison): string => sectionsText(sectionsOf(comparison))

const sectionsOf = ({
  headline,
  findings,
  dumps,
  intervals,
  sameServer,
  notes,
  tags,
  engine,
}: Comparison): Section[] => [
  { title: headline, blocks: notes.length === 0 ? [] : [{ kind: 'list', title: 'Mind', items: notes }] },
  ...findings.map(findingSection),
  {
    title: `Dumps (${sameServer === null ? 'not known whether of one server' : sameServer ? 'of one server' : 'of different servers'})`,
    blocks: [
      table(
        ['', 'taken at', 'up for', 'since the one before', 'accounting'],
        dumps.map(({ at, uptimeSeconds, lowerBound }, index) => [
          String(index + 1),
          at ?? 'not known',
          uptimeSeconds === null ? 'not known' : hours(uptimeSeconds / 3600),
          sinceLast(intervals[index - 1]),
          lowerBound ? 'partial' : 'complete',
        ]),
      ),
    ],
  },
  { title: 'Tags that changed most', blocks: [table(tagColumns(dumps.length), tagRows(tags))] },
  {
    title: 'Made by',
    blocks: [{ kind: 'paragraph', text: `dumpline ${engine.version} (growth ${engine.data.growth})` }],
  },
]

const hours = (value: number): string => `${(Math.round(value * 10) / 10).toFixed(1)} h`

const sinceLast = (interval: Comparison['intervals'][number] | undefined): string => {
  if (interval === undefined) return ''
  const time = interval.hours === null ? 'not known' : hours(interval.hours)
  return interval.rebooted === true
    ? `${time}, restarted`
    : interval.rebooted === null
      ? `${time}, restart not known`
      : time
}

const tagColumns = (dumps: number): string[] => [
  'tag',
  'pool',
  ...Array.from({ length: dumps }, (_, index) => [`bytes ${index + 1}`, `blocks ${index + 1}`]).flat(),
  'bytes an hour',
  'allocated',
  'freed',
  'grows',
  'in step with',
]

const tagRows = (tags: Comparison['tags']): string[][] =>
  tags
    .toSorted((a, b) => Number(b.grows) - Number(a.grows) || change(b.bytes) - change(a.bytes))
    .slice(0, tagsShown)
    .map((row) => [
      row.tag,
      row.pool,
      ...row.bytes.flatMap((bytes, index) => [String(bytes), String(row.outstanding[index])]),
      row.bytesPerHour === null ? '-' : String(Math.round(row.bytesPerHour)),
      row.allocated === null ? '-' : String(row.allocated),
      row.freed === null ? '-' : String(row.freed),
      row.grows ? 'yes' : '',
      row.lockstepWith.join(', '),
    ])

const change = (bytes: readonly number[]): number => Math.abs((bytes.at(-1) ?? 0) - bytes[0])
