import type { Cost } from '../analysis/analysis.ts'
import { planParts } from '../cases/links/parts.ts'
import type { Stage } from '../cases/stage.ts'
import type { Prices } from './prices.ts'
import { scanMemoryMb, stageMemoryMb, webhooksMemoryMb } from './stage-memory.ts'

/** What one stage of one dump took, as its record counts it. */
export type StageUse = Pick<Cost, 'bytesRead' | 'reads' | 'milliseconds'>

/**
 * What the stages of one analysis took that ran, and what the shards took together, where its scan was cut into some. A
 * stage that is not among them was taken over from an earlier analysis.
 */
export type AnalysisUse = {
  readonly stages: Partial<Record<Stage, StageUse>>
  readonly shards?: { readonly count: number; readonly use: StageUse }
}

/** One dump on its way through: its size, and its analyses. */
export type DumpUse = { readonly bytes: number; readonly analyses: readonly AnalysisUse[] }

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
 * Requests around one analysis until its end, rounded up. A test holds these, and those below, to what a clean run in the
 * tests' simulation takes. Each index that an item is in is one write more.
 */
export const requestsOfAnalysis = {
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

/** Create the case, start, sign, complete, and some looks at how far it is. */
export const apiRequestsOfDump = 12

/** What each shard adds to its analysis. */
export const requestsOfShard: Requests = {
  dynamodbReads: 15,
  dynamodbWrites: 4,
  sqs: 5,
  resultPuts: 1,
  resultGets: 2,
  invocations: 1,
  logBytes: 2_000,
}

/** What it takes to announce the end of an analysis on the bus, and to find the webhooks that are to hear of it. */
export const requestsOfAnnouncement: Requests & { readonly events: number } = {
  dynamodbReads: 3,
  /** The analysis says that it is announced: itself, and its places in two indexes. */
  dynamodbWrites: 3,
  sqs: 4,
  resultPuts: 0,
  resultGets: 0,
  invocations: 1,
  logBytes: 2_000,
  events: 1,
}

/** What it takes to tell one webhook of it, which answers the first time. */
export const requestsOfDelivery: Requests = {
  dynamodbReads: 4,
  /** Written down, noted how it went, and removed after weeks; with the index that says when. */
  dynamodbWrites: 5,
  sqs: 4,
  resultPuts: 0,
  resultGets: 0,
  invocations: 1,
  logBytes: 2_000,
}

type Requests = Record<keyof typeof requestsOfAnalysis, number>

const gb = 1e9

/** A pure function of what was counted and of the prices. Data that goes into AWS, or stays in its region, is free. */
export const costOfDump = ({ bytes, analyses }: DumpUse, prices: Prices): DumpCost => {
  const { lambda, s3, apiGateway } = prices
  // Start, complete, and one PUT a part.
  const upload = (planParts(bytes).parts + 2) * s3.put
  const costs = analyses.map((use) => costOfAnalysis(use, prices))
  const compute = sum(costs.map((cost) => cost.compute))
  const reads = sum(costs.map((cost) => cost.reads))
  const asked = apiRequestsOfDump * (lambda.request + apiGateway.request)
  const bookkeeping = asked + sum(costs.map((cost) => cost.bookkeeping))
  return {
    upload,
    compute,
    reads,
    bookkeeping,
    total: upload + compute + reads + bookkeeping,
    storageMonth: (bytes / gb) * s3.gbMonth,
  }
}

/** The same for one analysis of a stored dump. `total` is of the three. */
export const costOfAnalysis = (
  { stages, shards }: AnalysisUse,
  prices: Prices,
): Pick<DumpCost, 'compute' | 'reads' | 'bookkeeping' | 'total'> => {
  const { lambda, s3 } = prices
  const used = Object.entries(stages) as [Stage, StageUse][]
  const gbSeconds = [
    ...used.map(([stage, { milliseconds }]) => (stageMemoryMb[stage] / 1024) * (milliseconds / 1000)),
    (scanMemoryMb / 1024) * ((shards?.use.milliseconds ?? 0) / 1000),
  ]
  const compute = sum(gbSeconds) * lambda.gbSecond
  const reads = sum([...used.map(([, stage]) => stage.reads), shards?.use.reads ?? 0]) * s3.get
  const bookkeeping =
    costOfRequests(requestsOfAnalysis, prices) +
    (shards?.count ?? 0) * costOfRequests(requestsOfShard, prices) +
    costOfAnnouncement(prices)
  return { compute, reads, bookkeeping, total: compute + reads + bookkeeping }
}

/** Dollars to announce the end of an analysis, whoever listens. */
export const costOfAnnouncement = (prices: Prices): number =>
  costOfRequests(requestsOfAnnouncement, prices) + requestsOfAnnouncement.events * prices.eventBridge.event

/** Dollars to tell one webhook of it, and for each second that its receiver takes to answer. */
export const costOfDelivery = (prices: Prices): { readonly requests: number; readonly second: number } => ({
  requests: costOfRequests(requestsOfDelivery, prices),
  second: (webhooksMemoryMb / 1024) * prices.lambda.gbSecond,
})

const costOfRequests = (requests: Requests, { lambda, s3, dynamodb, sqs, logs }: Prices): number =>
  requests.invocations * lambda.request +
  requests.dynamodbReads * dynamodb.read +
  requests.dynamodbWrites * dynamodb.write +
  requests.sqs * sqs.request +
  requests.resultPuts * s3.put +
  requests.resultGets * s3.get +
  (requests.logBytes / gb) * logs.gb

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
