import { defaultSampleBytes, type StageOptions } from '../stages/options.ts'
import { expectedShards, pipelineOptions, scanExtent } from '../stages/scan-extent.ts'
import type { AnalysisUse, DumpUse, StageUse } from './cost-model.ts'
import type { MeasuredDump } from './measured-dumps.ts'

/**
 * What an analysis of a dump of so many bytes would take, told from a measured dump that was scanned: its scan reads in
 * proportion to the dump, and everything else is a few tens of MB of tables and images whatever its size. How the pages
 * are looked into is the pool stage's own plan. Its tables take about as much as the header stage does; a stage that is
 * divided reads them twice. An estimate, good for the order of magnitude.
 */
export const expectedUse = (
  bytes: number,
  { bytes: measured, stages }: MeasuredDump,
  options: StageOptions,
): AnalysisUse => {
  const { header, pool } = stages
  const scan = scaled(pool, bytes / measured)
  if (scanExtent(bytes, options).pages === 'some') {
    const sample = scaled(pool, Math.min(bytes, defaultSampleBytes) / measured)
    return { stages: { ...stages, pool: added(header, sample) } }
  }
  const count = expectedShards(bytes, options)
  if (count <= 1) return { stages: { ...stages, pool: scan } }
  return { stages: { ...stages, pool: scaled(header, 2) }, shards: { count, use: scan } }
}

/**
 * The whole way of such a dump: its first analysis and, where its scan follows, or is asked for later, the further one
 * that takes the header's result over.
 */
export const expectedDump = (bytes: number, measured: MeasuredDump, fullScan: boolean): DumpUse => {
  const options = pipelineOptions({ isFirst: true, fullScan })
  const first = expectedUse(bytes, measured, options)
  if (!scanExtent(bytes, options).follows) return { bytes, analyses: [first] }
  const further = expectedUse(bytes, measured, pipelineOptions({ isFirst: false, fullScan: true }))
  const { header: _takenOver, ...stages } = further.stages
  return { bytes, analyses: [first, { ...further, stages }] }
}

const scaled = ({ bytesRead, reads, milliseconds }: StageUse, factor: number): StageUse => ({
  bytesRead: Math.round(bytesRead * factor),
  reads: Math.round(reads * factor),
  milliseconds: Math.round(milliseconds * factor),
})

const added = (a: StageUse, b: StageUse): StageUse => ({
  bytesRead: a.bytesRead + b.bytesRead,
  reads: a.reads + b.reads,
  milliseconds: a.milliseconds + b.milliseconds,
})
