import type { Coverage } from '../analysis/analysis.ts'
import type { ByteSource } from '../bytes/source.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { compareWithTracker } from '../pool/agreement.ts'
import { contentsOfBigBlocks, tagsOfBigBlocks } from '../pool/big-contents.ts'
import { recurringTags } from '../pool/census.ts'
import { type BlockSample, contentsOfSample, type SampledBlock, type TagContents } from '../pool/contents.ts'
import { rangesToLookFor } from '../pool/contents-ranges.ts'
import { borneOut } from '../pool/format-contest.ts'
import { pagesIn, type Shard } from '../pool/plan-shards.ts'
import { foldCensuses, type PoolCensus } from '../pool/pool-census.ts'
import type { PoolAccounting } from '../pool/read-accounting.ts'
import { sampleRuns } from '../pool/sample-runs.ts'
import { briefModules, formatsOf, moduleRanges, type ScanBrief, type ScanPlan, scanShard } from '../pool/scan-plan.ts'
import { type ScannedTag, tagTotals } from '../pool/tag-counts.ts'
import { defaultSampleBytes, defaultScanLimitBytes, type StageOptions } from './options.ts'
import type { HeaderResult } from './results.ts'
import { scanExtent, shardsOf } from './scan-extent.ts'

/** A dump whose pool can be accounted for, and what its tables say. */
export type OpenPool = {
  readonly bytes: number
  readonly physical: PhysicalMemory
  readonly kernel: Kernel
  readonly accounting: PoolAccounting
}

/** What is done about the pages: all are scanned; a few are looked into for what blocks contain; or none, and why. */
export type ScanChoice =
  | { readonly kind: 'all'; readonly plan: ScanPlan }
  | {
      readonly kind: 'sample'
      readonly brief: ScanBrief
      readonly pages: Shard
      readonly why: string
      readonly follows: boolean
    }
  | { readonly kind: 'none'; readonly why: string; readonly follows: boolean }

/** What the scan found, whoever did it. */
export type Scan = {
  /** Null when the pages were not looked at, or could not be understood; `coverage` says why. */
  readonly pages: PoolPages | null
  /** Whether the counts are an account of the pool, or on newer builds only an indication. */
  readonly exact: boolean
  readonly contents: TagContents[]
  /** Blocks of other tags that were looked into as a control. */
  readonly control: readonly SampledBlock[]
  readonly coverage: Coverage
  /** All pages are to be scanned, but not now: the tables' verdict comes first. */
  readonly follows: boolean
}

export type PoolPages = {
  readonly pagesScanned: number
  /** Pages among them that are pool. */
  readonly poolPages: number
  readonly blocks: number
  /** Blocks of tags beyond the 65,536 counted one by one. */
  readonly unlistedBlocks: number
  /** Blocks whose header holds a process instead of a tag (XP). */
  readonly untaggedBlocks: number
  readonly tags: readonly ScannedTag[]
}

/** Parts of a divided scan that nobody could do, and why, as a sentence of each. */
export type LostShards = { readonly of: number; readonly reasons: readonly string[] }

/** Tags whose blocks are looked into: those with most bytes of either pool. */
const sampledTags = 5

/**
 * What to do about the pages: all are scanned where `scanExtent` says so. Of any other dump a few are looked into, so that
 * blocks of the largest tags can speak.
 */
export const chooseScan = async (
  source: ByteSource,
  pool: OpenPool,
  header: Pick<HeaderResult, 'modules' | 'unloadedModules'>,
  options: StageOptions,
): Promise<ScanChoice> => {
  const { bytes, physical, kernel } = pool
  const { totals } = pool.accounting
  const extent = scanExtent(bytes, options, totals !== null)
  const { follows } = extent
  const machine = {
    build: kernel.build,
    pointerBytes: kernel.memory.pointerBytes,
    knownKeys: totals?.map(({ key }) => key) ?? null,
    modules: briefModules(rangesToLookFor(header.modules, header.unloadedModules)),
  }
  const fewPages = () => sampleRuns(physical.runs(), physical.presentPages, samplePages(options))
  if (extent.pages === 'all') {
    const sampledKeys = totals === null ? await keysAtAGlance(source, machine, fewPages()) : largestTags(totals)
    return { kind: 'all', plan: { brief: { ...machine, sampledKeys }, shards: shardsOf(physical.runs(), options) } }
  }
  const limit = options.scanLimitBytes ?? defaultScanLimitBytes
  const why = follows
    ? `The dump has ${bytes} bytes: the kernel's own tables come first, and a scan of all its pages follows.`
    : `The dump has ${bytes} bytes, and more than ${limit} are scanned for pool blocks only when asked for (--full-scan).`
  const pages = totals === null ? [] : fewPages()
  // Without a tracker nothing tells whose blocks to look into, and part of the pages is no account of the pool.
  if (totals === null || pages.length === 0) return { kind: 'none', why, follows }
  return { kind: 'sample', brief: { ...machine, sampledKeys: largestTags(totals) }, pages, why, follows }
}

const samplePages = ({ sampleBytes = defaultSampleBytes }: StageOptions): number => Math.floor(sampleBytes / pageBytes)

/**
 * Without a tracker, whose blocks to look into: the largest tags of a few pages, here and there. All parts of a scan must
 * look into the same ones, so they are settled before it begins. Null where headers are only an indication.
 */
const keysAtAGlance = async (
  source: ByteSource,
  machine: Omit<ScanBrief, 'sampledKeys'>,
  pages: Shard,
): Promise<number[] | null> => {
  const brief = { ...machine, sampledKeys: null }
  const formats = formatsOf(brief)
  if (formats[0].pages !== 'chained') return null
  const { winner } = borneOut(await scanShard(source, brief, pages), formats, () => null)
  return winner === null ? null : largestTags(tagTotals(winner.counted.tags).tags)
}

/** Does here and now what was chosen. */
export const scanAsChosen = async (
  source: ByteSource,
  pool: OpenPool,
  choice: ScanChoice,
  options: StageOptions,
): Promise<Scan> => {
  if (choice.kind === 'none') return notScanned(pool, choice)
  const shards = choice.kind === 'all' ? choice.plan.shards : [choice.pages]
  const brief = choice.kind === 'all' ? choice.plan.brief : choice.brief
  const of = shards.reduce((sum, shard) => sum + pagesIn(shard), 0) * pageBytes
  const parts: PoolCensus[] = []
  let before = 0
  for (const shard of shards) {
    const done = before
    const onProgress = (pages: number) =>
      options.onProgress?.({ step: 'pool scan', done: (done + pages) * pageBytes, of })
    parts.push(await scanShard(source, brief, shard, onProgress))
    before += pagesIn(shard)
  }
  if (choice.kind === 'all') return scanOf(pool, choice.plan.brief, parts)
  const { winner } = borneOut(foldCensuses(parts), formatsOf(brief), () => null)
  const note = `${choice.why} ${of} bytes of them, spread over the file, were looked at for what blocks contain; nothing was counted.`
  const sampled = contentsOf(brief, winner?.counted.sample ?? null)
  return { ...notScanned(pool, { ...choice, why: note }), ...sampled, coverage: coverageOf(pool, of, note) }
}

const notScanned = (pool: OpenPool, { why, follows }: { why: string; follows: boolean }): Scan => ({
  pages: null,
  exact: isExact(pool),
  contents: [],
  control: [],
  coverage: coverageOf(pool, 0, why),
  follows,
})

const isExact = ({ kernel }: OpenPool): boolean =>
  formatsOf({ build: kernel.build, pointerBytes: kernel.memory.pointerBytes })[0].pages === 'chained'

const coverageOf = ({ physical }: OpenPool, readBytes: number, note: string): Coverage => ({
  area: 'pool scan',
  wantedBytes: physical.expectedPages * pageBytes,
  readBytes,
  ...(note === '' ? {} : { note }),
})

/** What the shards' censuses tell together; `lost` are those that are missing. */
export const scanOf = (
  pool: OpenPool,
  brief: ScanBrief,
  parts: readonly PoolCensus[],
  lost: LostShards = { of: parts.length, reasons: [] },
): Scan => {
  const exact = isExact(pool)
  const missing = lostNote(lost)
  if (parts.length === 0) return notScanned(pool, { why: missing, follows: false })
  const { totals, big } = pool.accounting
  const census = foldCensuses(parts)
  const { winner, note } = borneOut(census, formatsOf(brief), (tags) =>
    totals === null ? null : compareWithTracker(totals, tags, big).ratio,
  )
  const readBytes = census.pagesScanned * pageBytes
  if (winner === null)
    return {
      ...notScanned(pool, { why: note, follows: false }),
      coverage: coverageOf(pool, readBytes, sentences(missing, note)),
    }
  const { tags, ...counted } = tagTotals(winner.counted.tags)
  const pages: PoolPages = {
    pagesScanned: census.pagesScanned,
    poolPages: winner.counted.poolPages,
    ...counted,
    tags: exact || totals !== null ? tags : recurringTags(tags),
  }
  return {
    pages,
    exact,
    ...contentsOf(brief, winner.counted.sample),
    coverage: coverageOf(pool, readBytes, sentences(missing, note, ...doubts(pages, exact))),
    follows: false,
  }
}

const contentsOf = (brief: ScanBrief, sample: BlockSample | null): Pick<Scan, 'contents' | 'control'> =>
  sample === null || brief.sampledKeys === null
    ? { contents: [], control: [] }
    : {
        contents: contentsOfSample(sample, brief.sampledKeys, moduleRanges(brief)),
        control: sample.at(-1) ?? [],
      }

/**
 * The scan, with tags of large blocks judged by what those contain, which a scan of headers does not meet. Nothing is read
 * where nothing was to be looked into (`sampleBytes` 0).
 */
export const withBigBlocks = async (
  { kernel, accounting }: OpenPool,
  scan: Scan,
  header: Pick<HeaderResult, 'modules' | 'unloadedModules'>,
  options: StageOptions,
): Promise<Scan> => {
  const { big, totals } = accounting
  if (big === null || totals === null || options.sampleBytes === 0) return scan
  const keys = tagsOfBigBlocks(big, totals)
  const modules = rangesToLookFor(header.modules, header.unloadedModules)
  const ofBig = await contentsOfBigBlocks(kernel.memory, big, keys, modules, scan.control)
  const tags = new Set(ofBig.map(({ tag }) => tag))
  return { ...scan, contents: [...scan.contents.filter(({ tag }) => !tags.has(tag)), ...ofBig] }
}

const lostNote = ({ of, reasons }: LostShards): string =>
  reasons.length === 0
    ? ''
    : `Of the scan's ${of} parts ${reasons.length} could not be done, so that blocks in them are missing here: ${[...new Set(reasons)].join(' ')}`

const doubts = ({ unlistedBlocks, untaggedBlocks }: PoolPages, exact: boolean): string[] => [
  exact
    ? ''
    : 'On this version of Windows headers do not tile pool pages and freed blocks keep theirs: the counts are an indication, not an account.',
  unlistedBlocks > 0 ? `${unlistedBlocks} blocks had tags beyond those counted one by one.` : '',
  untaggedBlocks > 0 ? `${untaggedBlocks} blocks name the process charged for them in place of a tag.` : '',
]

const sentences = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ')

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
