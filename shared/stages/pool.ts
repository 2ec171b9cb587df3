import type { Coverage, TranscriptEntry } from '../analysis/analysis.ts'
import type { PoolScan, PoolUsage } from '../analysis/pool-usage.ts'
import type { ByteSource } from '../bytes/source.ts'
import { type Dump, type MemoryDump, openDump } from '../dump/open-dump.ts'
import type { PageRun } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { openKernel } from '../kernel/open-kernel.ts'
import { type PoolHeaderFormat, poolHeaderFormat, poolHeaderFormats } from '../kernel/pool-header.ts'
import { tagOfKey } from '../kernel/pool-tag.ts'
import { bigAllocations, usageOfScan, usageOfTracker } from '../pool/accounting.ts'
import { type Agreement, compareWithTracker, contradicts, misses } from '../pool/agreement.ts'
import { censusOfBlocks, recurringTags } from '../pool/census.ts'
import { type BlockSampler, blockSampler, type TagContents } from '../pool/contents.ts'
import { rangesToLookFor } from '../pool/contents-ranges.ts'
import { readPooltagFile } from '../pool/pooltag-file.ts'
import { type PoolAccounting, readAccounting } from '../pool/read-accounting.ts'
import { sampleRuns } from '../pool/sample-runs.ts'
import { type PoolPages, type ScanResult, scanPool } from '../pool/scan.ts'
import { blocksOf, bytesOf, type ScannedTag } from '../pool/tag-counts.ts'
import { builtInTags, tagLookup } from '../pool/tag-table.ts'
import { renderPoolScan } from '../report/pool-scan.ts'
import { renderPoolused } from '../report/poolused.ts'
import { symbolResolver } from '../symbols/resolve.ts'
import { defaultSampleBytes, defaultScanLimitBytes, type StageOptions } from './options.ts'
import { type HeaderResult, type PoolResult, settledRoot } from './results.ts'

type Result = Omit<PoolResult, 'cost'>

/** Tags whose blocks are looked into: those with most non-paged bytes. */
const sampledTags = 5
const listedTags = 50

/**
 * The second stage: who holds how much pool. The kernel's own accounting comes first and costs a few MiB of reads; then
 * every page in the dump is looked at once for pool blocks: that checks the accounting, stands in where there is none, and
 * shows what the blocks contain. Of a dump larger than `scanLimitBytes` only a sample is looked into, for contents alone.
 */
export const poolStage = async (
  source: ByteSource,
  header: Pick<HeaderResult, 'dump' | 'modules' | 'unloadedModules' | 'root'>,
  options: StageOptions,
): Promise<Result> => {
  const dump = await openDump(source)
  if (dump.kind === 'triage') return triagePool(source, dump, header)
  if (dump.kind !== 'memory')
    return withoutPool([nothingRead('pool', 'The dump holds no kernel memory, so that nothing is known of its pool.')])
  const kernel = await openKernel(source, dump, settledRoot(header))
  const resolve = symbolResolver(options.symbols, kernel.modules)
  const accounting = await readAccounting(kernel, resolve, header.dump.processors)
  const scan = await scanPages(source, dump, kernel, accounting, header, options)
  return assemble(accounting, scan, header, options)
}

/** A small dump holds no accounting, only blocks that something it kept pointed at: they are counted, and say nothing of the rest. */
const triagePool = async (
  source: ByteSource,
  { header, triage }: Extract<Dump, { kind: 'triage' }>,
  { dump }: Pick<HeaderResult, 'dump'>,
): Promise<Result> => {
  const area = 'pool headers in data blocks'
  const format = poolHeaderFormat(header.build, header.bits === 64 ? 8 : 4)
  if (format.pages === 'chained')
    return withoutPool([
      nothingRead(
        area,
        'On this version of Windows a pool header alone, without its page, is not known from other memory.',
      ),
    ])
  const { bytes, blocks, tags } = await censusOfBlocks(source, triage.dataBlocks, format)
  const note = `${blocks} plausible pool headers of ${tags.length} tags: those the dump happens to hold, no account of the pool.`
  const coverage = [{ area, wantedBytes: bytes, readBytes: bytes, note }]
  if (blocks === 0) return withoutPool(coverage)
  const scan: PoolScan = { pagesScanned: 0, blocks, tags: scannedTags(tags) }
  return {
    pool: { source: 'scan', lowerBound: true, processors: dump.processors, tags: [], bigAllocations: [], scan },
    contents: [],
    coverage,
    transcript: [],
  }
}

const scannedTags = (tags: readonly ScannedTag[]): PoolScan['tags'] =>
  tags.map((tag) => ({ tag: tagOfKey(tag.key), blocks: blocksOf(tag), bytes: bytesOf(tag) }))

const withoutPool = (coverage: Coverage[]): Result => ({ pool: null, contents: [], coverage, transcript: [] })

const nothingRead = (area: string, note: string): Coverage => ({ area, wantedBytes: 0, readBytes: 0, note })

type Scan = {
  /** Null when the pages were not looked at, or could not be understood; `coverage` says why. */
  readonly pages: PoolPages | null
  /** Whether the counts are an account of the pool, or on newer builds only an indication. */
  readonly exact: boolean
  readonly contents: TagContents[]
  readonly coverage: Coverage
}

const scanPages = async (
  source: ByteSource,
  { physical }: MemoryDump,
  kernel: Kernel,
  accounting: PoolAccounting,
  header: Pick<HeaderResult, 'modules' | 'unloadedModules'>,
  options: StageOptions,
): Promise<Scan> => {
  const { totals, big } = accounting
  const formats = poolHeaderFormats(kernel.build, kernel.memory.pointerBytes)
  const exact = formats[0].pages === 'chained'
  const wantedBytes = physical.expectedPages * pageBytes
  const skipped = (note: string, readBytes = 0): Scan => ({
    pages: null,
    exact,
    contents: [],
    coverage: { area: 'pool scan', wantedBytes, readBytes, note },
  })
  const limit = options.scanLimitBytes ?? defaultScanLimitBytes
  const everything = source.size <= limit || options.fullScan === true
  const samplePages = Math.floor((options.sampleBytes ?? defaultSampleBytes) / pageBytes)
  const runs = everything ? null : sampleRuns(physical.runs(), physical.presentPages, samplePages)
  const run = (formats: readonly PoolHeaderFormat[], keys: readonly number[] | null): Promise<ScanResult> =>
    scanPool(source, {
      runs: runs ?? physical.runs(),
      pages: runs === null ? physical.presentPages : pagesIn(runs),
      formats,
      knownKeys: totals === null ? null : new Set(totals.map(({ key }) => key)),
      sampler: keys === null ? null : (format) => samplerOf(format, keys, header),
      agrees: (tags) => (totals === null ? null : compareWithTracker(totals, tags, big).ratio),
      onProgress: (done, of) => options.onProgress?.({ step: 'pool scan', done, of }),
    })
  if (runs !== null) {
    const asked = `The dump has ${source.size} bytes, and more than ${limit} are scanned for pool blocks only when asked for (--full-scan).`
    // Without a tracker nothing tells whose blocks to look into, and part of the pages is no account of the pool.
    if (totals === null || runs.length === 0) return skipped(asked)
    const { sampler } = await run(formats, largestTags(totals))
    const sampled = pagesIn(runs) * pageBytes
    const note = `${asked} ${sampled} of them, spread over the file, were looked at for what blocks contain; nothing was counted.`
    return { ...skipped(note, sampled), contents: sampler?.result() ?? [] }
  }
  // Which tags matter is known only after a first look when there is no tracker; their blocks are sampled in a second.
  const result = await run(formats, totals === null ? null : largestTags(totals))
  const { pages, format, note } = result
  if (pages === null || format === null) return skipped(note, result.pagesScanned * pageBytes)
  if (!exact && totals === null) {
    const recurring = { ...pages, tags: recurringTags(pages.tags) }
    return { pages: recurring, exact, contents: [], coverage: scanCoverage(result, recurring, wantedBytes, exact) }
  }
  const sampler = totals === null ? (await run([format], largestTags(pages.tags))).sampler : result.sampler
  return { pages, exact, contents: sampler?.result() ?? [], coverage: scanCoverage(result, pages, wantedBytes, exact) }
}

const pagesIn = (runs: readonly PageRun[]): number => runs.reduce((sum, { pages }) => sum + pages, 0)

/** The largest tags of either pool: a leak in the paged one is as much one, however small the tag's share of the other. */
const largestTags = (tags: readonly TagBytes[]): number[] => [
  ...new Set([...largestOf(tags, ({ nonPaged }) => nonPaged.bytes), ...largestOf(tags, ({ paged }) => paged.bytes)]),
]

type TagBytes = { readonly key: number; readonly nonPaged: { bytes: number }; readonly paged: { bytes: number } }

const largestOf = (tags: readonly TagBytes[], bytes: (tag: TagBytes) => number): number[] =>
  tags
    .filter((tag) => bytes(tag) > 0)
    .sort((a, b) => bytes(b) - bytes(a) || a.key - b.key)
    .slice(0, sampledTags)
    .map(({ key }) => key)

const samplerOf = (
  format: PoolHeaderFormat,
  keys: readonly number[],
  { modules, unloadedModules }: Pick<HeaderResult, 'modules' | 'unloadedModules'>,
): BlockSampler => blockSampler(format, keys, rangesToLookFor(modules, unloadedModules))

const scanCoverage = (
  { note }: ScanResult,
  { pagesScanned, unlistedBlocks, untaggedBlocks }: PoolPages,
  wantedBytes: number,
  exact: boolean,
): Coverage => {
  const notes = [
    note,
    exact
      ? ''
      : 'On this version of Windows headers do not tile pool pages and freed blocks keep theirs: the counts are an indication, not an account.',
    unlistedBlocks > 0 ? `${unlistedBlocks} blocks had tags beyond those counted one by one.` : '',
    untaggedBlocks > 0 ? `${untaggedBlocks} blocks name the process charged for them in place of a tag.` : '',
  ].filter((sentence) => sentence !== '')
  return {
    area: 'pool scan',
    wantedBytes,
    readBytes: pagesScanned * pageBytes,
    ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
  }
}

const assemble = (
  accounting: PoolAccounting,
  scan: Scan,
  header: Pick<HeaderResult, 'dump'>,
  options: StageOptions,
): Result => {
  const { pages } = scan
  const { totals } = accounting
  const comparable = totals !== null && pages !== null && scan.exact && !accounting.lowerBound
  const agreement = comparable ? compareWithTracker(totals, pages.tags, accounting.big) : null
  const allPages = scan.coverage.readBytes >= scan.coverage.wantedBytes
  const contradictory = agreement !== null && contradicts(agreement, allPages)
  const coverage = [...accounting.coverage, withAgreement(scan.coverage, agreement, contradictory)]
  // Most of what is found in blocks has no counterpart in the tracker: it is not the whole of it.
  const incomplete = agreement !== null && misses(agreement)
  const nothingFound = pages === null || (pages.tags.length === 0 && accounting.big === null)
  if (totals === null && nothingFound) return { ...withoutPool(coverage), transcript: evidence(accounting) }
  const lookup = tagLookup([...(options.pooltag === undefined ? [] : [readPooltagFile(options.pooltag)]), builtInTags])
  const fromScan = pages !== null && (totals === null || (accounting.partial && scan.exact))
  const pool: PoolUsage = {
    source: fromScan ? 'scan' : agreement?.agrees ? 'both' : 'tracker',
    lowerBound: fromScan || accounting.lowerBound || incomplete,
    processors: header.dump.processors,
    // Headers that only look in use are no account: then the large blocks alone are known.
    tags: fromScan
      ? usageOfScan(scan.exact ? pages.tags : [], accounting.big, lookup)
      : usageOfTracker(totals ?? [], lookup),
    bigAllocations: bigAllocations(accounting.big?.largest ?? []),
    ...(pages === null ? {} : { scan: countsOf(pages, agreement) }),
  }
  return {
    pool,
    // Blocks that the tracker does not know of may be remains: what they hold is evidence against nobody.
    contents: contradictory ? [] : scan.contents,
    coverage,
    transcript: [...poolusedTranscript(pool), ...evidence(accounting), ...scanTranscript(pool, pages, agreement)],
  }
}

/** The scan is the tracker's cross-check: how that came out belongs to what is said of it. */
const withAgreement = (coverage: Coverage, agreement: Agreement | null, contradictory: boolean): Coverage => {
  if (agreement === null) return coverage
  const { ratio, agrees, leftOutBytes } = agreement
  const note = [
    coverage.note,
    `Tracker and blocks found agree on ${(Math.floor(ratio * 1000) / 10).toFixed(1)} % of the bytes compared: the scan ${agrees ? 'confirms' : 'does not confirm'} the tracker.`,
    contradictory ? 'They contradict each other: nothing is concluded from what the blocks found contain.' : undefined,
    leftOutBytes > 0 ? `${leftOutBytes} bytes in tags of large blocks could not be compared.` : undefined,
  ]
  return { ...coverage, note: note.filter((sentence) => sentence !== undefined).join(' ') }
}

const countsOf = (pages: PoolPages, agreement: Agreement | null): PoolScan => ({
  pagesScanned: pages.pagesScanned,
  blocks: pages.blocks,
  tags: scannedTags(pages.tags),
  ...(agreement === null || agreement.tags.length === 0 ? {} : { agreement: agreement.ratio }),
})

const poolusedTranscript = (pool: PoolUsage): TranscriptEntry[] =>
  pool.tags.length === 0
    ? []
    : [
        { command: '!poolused /t2 2', output: renderPoolused(pool, { flags: 2, top: 2 }) },
        { command: '!poolused 2', output: renderPoolused(pool, { flags: 2, most: listedTags }) },
      ]

const evidence = ({ evidence }: PoolAccounting): TranscriptEntry[] => [
  { command: 'dumpline: pool tracker', output: evidence.join('\n') },
]

const scanTranscript = (pool: PoolUsage, pages: PoolPages | null, agreement: Agreement | null): TranscriptEntry[] =>
  pool.scan === undefined || pages === null
    ? []
    : [{ command: 'dumpline: pool scan', output: renderPoolScan(pool.scan, pages.poolPages, agreement) }]
