import type { Coverage, TranscriptEntry } from '../analysis/analysis.ts'
import type { PoolScan, PoolUsage } from '../analysis/pool-usage.ts'
import type { ByteSource } from '../bytes/source.ts'
import { type Dump, openDump } from '../dump/open-dump.ts'
import { openKernel } from '../kernel/open-kernel.ts'
import { poolHeaderFormat } from '../kernel/pools/pool-header.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import { bigAllocations, usageOfScan, usageOfTracker } from '../pool/accounting.ts'
import { type Agreement, compareWithTracker, contradicts, misses } from '../pool/agreement.ts'
import { censusOfBlocks } from '../pool/census.ts'
import type { PoolCensus } from '../pool/pool-census.ts'
import { readPooltagFile } from '../pool/pooltag-file.ts'
import { type PoolAccounting, readAccounting } from '../pool/read-accounting.ts'
import type { ScanBrief, ScanPlan } from '../pool/scan-plan.ts'
import { blocksOf, bytesOf, type ScannedTag } from '../pool/tag-counts.ts'
import { builtInTags, type TagLookup, tagLookup } from '../pool/tag-table.ts'
import { renderPoolScan } from '../report/pool-scan.ts'
import { renderPoolused } from '../report/poolused.ts'
import { symbolResolver } from '../symbols/resolve.ts'
import type { StageOptions } from './options.ts'
import {
  chooseScan,
  type LostShards,
  type OpenPool,
  type PoolPages,
  type Scan,
  scanAsChosen,
  scanOf,
  withBigBlocks,
} from './pool-scan.ts'
import { type HeaderResult, type PoolResult, settledRoot } from './results.ts'

type Result = Omit<PoolResult, 'cost'>
type Header = Pick<HeaderResult, 'dump' | 'modules' | 'unloadedModules' | 'root'>

const listedTags = 50

/**
 * The second stage: who holds how much pool. The kernel's own accounting comes first and costs a few MiB of reads; then
 * every page in the dump is looked at once for pool blocks: that checks the accounting, stands in where there is none, and
 * shows what the blocks contain. Of a dump that is not to be scanned (`chooseScan`) only a sample is looked into.
 */
export const poolStage = async (source: ByteSource, header: Header, options: StageOptions): Promise<Result> => {
  const opened = await openPool(source, header, options)
  if ('result' in opened) return opened.result
  const choice = await chooseScan(source, opened.pool, header, options)
  return assemble(opened.pool, await scanAsChosen(source, opened.pool, choice, options), header, options)
}

/**
 * The same stage with its scan divided: reads the tables and plans the scan, for each shard of which `scanShard` then
 * makes a census, wherever; `foldPool` makes the result of them. A scan of one shard, or none, is done at once.
 */
export const dividePool = async (
  source: ByteSource,
  header: Header,
  options: StageOptions,
): Promise<{ readonly plan: ScanPlan } | { readonly result: Result }> => {
  const opened = await openPool(source, header, options)
  if ('result' in opened) return opened
  const choice = await chooseScan(source, opened.pool, header, options)
  if (choice.kind === 'all' && choice.plan.shards.length > 1) return { plan: choice.plan }
  const scan = await scanAsChosen(source, opened.pool, choice, options)
  return { result: await assemble(opened.pool, scan, header, options) }
}

/** The result of a divided stage: the tables, read once more, and the censuses of those shards that could be scanned. */
export const foldPool = async (
  source: ByteSource,
  header: Header,
  options: StageOptions,
  { brief, parts, lost }: { brief: ScanBrief; parts: readonly PoolCensus[]; lost: LostShards },
): Promise<Result> => {
  const opened = await openPool(source, header, options)
  if ('result' in opened) return opened.result
  return assemble(opened.pool, scanOf(opened.pool, brief, parts, lost), header, options)
}

const openPool = async (
  source: ByteSource,
  header: Header,
  options: StageOptions,
): Promise<{ readonly pool: OpenPool } | { readonly result: Result }> => {
  const dump = await openDump(source)
  if (dump.kind === 'triage') return { result: await triagePool(source, dump, header) }
  if (dump.kind !== 'memory') {
    const none = nothingRead('pool', 'The dump holds no kernel memory, so that nothing is known of its pool.')
    return { result: withoutPool([none]) }
  }
  const kernel = await openKernel(source, dump, settledRoot(header))
  const resolve = symbolResolver(options.symbols, kernel.modules)
  const accounting = await readAccounting(kernel, resolve, header.dump.processors)
  return { pool: { bytes: source.size, physical: dump.physical, kernel, accounting } }
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

const assemble = async (pool: OpenPool, found: Scan, header: Header, options: StageOptions): Promise<Result> => {
  const scan = await withBigBlocks(pool, found, header, options)
  return resultOf(pool.accounting, scan, header, options)
}

const resultOf = (
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
  const follows = scan.follows ? { scanFollows: true as const } : {}
  if (totals === null && nothingFound) return { ...withoutPool(coverage), ...follows, transcript: evidence(accounting) }
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
    ...sessionUsage(accounting, lookup),
  }
  return {
    pool,
    // Blocks that the tracker does not know of may be remains: what they hold is evidence against nobody.
    contents: contradictory ? [] : scan.contents,
    ...follows,
    coverage,
    transcript: [...poolusedTranscript(pool), ...evidence(accounting), ...scanTranscript(pool, pages, agreement)],
  }
}

const sessionUsage = ({ session }: PoolAccounting, lookup: TagLookup): Pick<PoolUsage, 'session'> =>
  session === null ? {} : { session: { process: session.process, tags: usageOfTracker(session.totals, lookup) } }

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
