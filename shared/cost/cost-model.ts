import type { Cost } from '../analysis/analysis.ts'
import { planParts } from '../cases/links/parts.ts'
import type { Stage } from '../cases/stage.ts'
import { defaultSampleBytes, defaultShardBytes, scanAtOnceBytes } from '../stages/options.ts'
import type { Prices } from './prices.ts'
import { scanMemoryMb, stageMemoryMb } from './stage-memory.ts'

/** What one stage of one dump took, as its record counts it. */
export type StageUse = Pick<Cost, 'bytesRead' | 'reads' | 'milliseconds'>

/**
 * One dump on its way through: its size, and what each stage that ran took. Where its scan was cut into shards, a further
 * analysis is in it: `shards` is how many there were and what they took together.
 */
export type DumpUse = {
  readonly bytes: number
  readonly stages: Partial<Record<Stage, StageUse>>
  readonly shards?: { readonly count: number; readonly use: StageUse }
}

/** Dollars, by what they are paid for; `storageMonth` is for each month that the dump is kept. */
export type DumpCost = {
  readonly upload: number
  readonly compute: number
  readonly reads: number
  readonly bookkeeping: number
  readonly total: number
  readonly storageMonth: number
}

/**
 * Requests around one dump, rounded up. A test holds the stages' part of them to what a clean run in the tests' simulation takes.
 * Each index that an item is in is one write more.
 */
export const requestsOfDump = {
  /** Create the case, start, sign, complete, and some looks at how far it is. */
  api: 12,
  dynamodbReads: 50,
  /** Some 30 of them are entries of the search index, each written once. */
  dynamodbWrites: 100,
  /** Send, receive and delete of five messages, and the empty receives between them. */
  sqs: 30,
  /** Results written, and read by later stages and the API. */
  resultPuts: 4,
  resultGets: 8,
  /** ingest, and each stage. */
  invocations: 5,
  logBytes: 20_000,
} as const

/** What each shard adds; the further analysis that it is part of takes as much as the first did, without the API. */
export const requestsOfShard = {
  dynamodbReads: 15,
  dynamodbWrites: 4,
  sqs: 5,
  resultPuts: 1,
  resultGets: 2,
  invocations: 1,
  logBytes: 2_000,
} as const

const gb = 1e9

/** A pure function of what was counted and of the prices. Data that goes into AWS, or stays in its region, is free. */
export const costOfDump = ({ bytes, stages, shards }: DumpUse, prices: Prices): DumpCost => {
  const { lambda, s3, dynamodb, sqs, apiGateway, logs } = prices
  const used = Object.entries(stages) as [Stage, StageUse][]
  const gbSeconds = [
    ...used.map(([stage, { milliseconds }]) => (stageMemoryMb[stage] / 1024) * (milliseconds / 1000)),
    (scanMemoryMb / 1024) * ((shards?.use.milliseconds ?? 0) / 1000),
  ]
  const requests = requestsWith(shards?.count ?? 0)
  // Start, complete, and one PUT a part.
  const upload = (planParts(bytes).parts + 2) * s3.put
  const compute = sum(gbSeconds) * lambda.gbSecond
  const reads = sum([...used.map(([, stage]) => stage.reads), shards?.use.reads ?? 0]) * s3.get
  const bookkeeping =
    (requests.invocations + requests.api) * lambda.request +
    requests.api * apiGateway.request +
    requests.dynamodbReads * dynamodb.read +
    requests.dynamodbWrites * dynamodb.write +
    requests.sqs * sqs.request +
    requests.resultPuts * s3.put +
    requests.resultGets * s3.get +
    (requests.logBytes / gb) * logs.gb
  return {
    upload,
    compute,
    reads,
    bookkeeping,
    total: upload + compute + reads + bookkeeping,
    storageMonth: (bytes / gb) * s3.gbMonth,
  }
}

type Requests = Record<keyof typeof requestsOfDump, number>

const requestsWith = (shards: number): Requests => {
  if (shards === 0) return requestsOfDump
  const names = Object.keys(requestsOfShard) as (keyof typeof requestsOfShard)[]
  const counted = names.map((name) => [name, 2 * requestsOfDump[name] + shards * requestsOfShard[name]])
  return { ...requestsOfDump, ...Object.fromEntries(counted) }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/**
 * What a dump of another size would take, told from a measured one: the scan reads in proportion to the dump, and
 * everything else is a few tens of MB of tables and images whatever its size. Without a scan the pool stage reads about
 * as much as the header stage does, and a sample of the pages. A scan that is not done at once is one of shards in a
 * further analysis, which reads the tables twice more. An estimate, good for the order of magnitude.
 */
export const scaledTo = (bytes: number, { bytes: measured, stages }: DumpUse, withScan: boolean): DumpUse => {
  const { header, pool } = stages
  if (header === undefined || pool === undefined) throw new RangeError('The measured dump has no header or pool stage.')
  if (withScan && bytes <= scanAtOnceBytes)
    return { bytes, stages: { ...stages, pool: scaled(pool, bytes / measured) } }
  const sample = scaled(pool, Math.min(bytes, defaultSampleBytes) / measured)
  if (!withScan) return { bytes, stages: { ...stages, pool: added(header, sample) } }
  const twice = Object.entries(stages).map(([stage, use]) => [stage, scaled(use, 2)])
  return {
    bytes,
    stages: { ...Object.fromEntries(twice), header, pool: added(scaled(header, 3), sample) },
    shards: { count: Math.ceil(bytes / defaultShardBytes), use: scaled(pool, bytes / measured) },
  }
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

/**
 * Dollars for another analysis of a stored dump: like `costOfDump` without the upload. A stage that is not among `stages`
 * was taken over from an earlier analysis, and costs its message and records at most.
 */
export const costOfRepetition = (stages: DumpUse['stages'], prices: Prices): number => {
  const { compute, reads, bookkeeping } = costOfDump({ bytes: 0, stages }, prices)
  return compute + reads + bookkeeping
}
