import type { BatchItem } from '../../../shared/cases/batches/batch.ts'
import { csvLine } from '../../../shared/report/csv.ts'

const columns = [
  'case',
  'title',
  'dump',
  'bytes',
  'state',
  'verdict_before',
  'verdict_now',
  'named_before',
  'named_now',
  'culprit_changed',
  'confidence_before',
  'confidence_now',
  'figures_changed',
  'earlier_analysis',
  'new_analysis',
  'begun_at',
  'dollars',
  'publication',
  'note',
]

/**
 * The items of a batch as CSV, one a line; an empty field where there is nothing to say.
 */
export const batchCsv = (items: readonly BatchItem[]): string => [columns, ...items.map(fields)].map(csvLine).join('')

const fields = (item: BatchItem): (string | number | null)[] => {
  const { difference, publication } = item
  return [
    item.caseId,
    item.caseTitle,
    item.dumpId,
    item.bytes,
    item.state === 'done' ? (difference?.changed ? 'changed' : 'same') : item.state,
    difference?.verdict.from ?? null,
    difference?.verdict.to ?? null,
    difference?.named.from ?? null,
    difference?.named.to ?? null,
    difference === null ? null : difference.culpritChanged ? 'yes' : 'no',
    difference?.confidence.from ?? null,
    difference?.confidence.to ?? null,
    difference?.figures.map(({ figure, from, to }) => `${figure}: ${from ?? 'none'} → ${to ?? 'none'}`).join('; ') ??
      null,
    item.earlierId,
    item.analysisId,
    item.beginAt,
    item.dollars,
    publication?.state ?? null,
    item.note ?? publication?.reason ?? null,
  ]
}
