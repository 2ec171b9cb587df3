import { expect, test } from 'vitest'
import { costOfDump, requestsOfAnalysis, requestsOfShard } from '../../shared/cost/cost-model.ts'
import { expectedDump } from '../../shared/cost/expected-use.ts'
import { depletionDump, tinyDump } from '../../shared/cost/measured-dumps.ts'
import { prices } from '../../shared/cost/prices.ts'
import { dividedJobs } from '../functions/jobs.ts'
import { simulate } from '../functions/simulation.ts'

test('a dump costs what its counted requests, bytes and milliseconds cost', () => {
  const free = costOfDump({ bytes: 1e9, analyses: [{ stages: {} }] }, prices)
  const used = { header: { bytesRead: 0, reads: 1_000_000, milliseconds: 1000 } }
  const one = costOfDump({ bytes: 1e9, analyses: [{ stages: used }] }, prices)
  expect(one.reads - free.reads).toBeCloseTo(0.4, 6)
  expect(one.compute).toBeCloseTo((1769 / 1024) * prices.lambda.gbSecond, 12)
  // 120 parts of 8 MiB, start and complete.
  expect(one.upload).toBeCloseTo(122 * 5e-6, 12)
  expect(one.storageMonth).toBeCloseTo(0.023, 6)
  expect(one.total).toBeCloseTo(one.upload + one.compute + one.reads + one.bookkeeping, 12)
})

test('a scan grows with the dump, the tables do not', () => {
  const cost = (gib: number, scan: boolean) => costOfDump(expectedDump(gib * 2 ** 30, depletionDump, scan), prices)
  expect(cost(32, true).compute / cost(8, true).compute).toBeGreaterThan(3.5)
  expect(cost(128, false).compute).toBe(cost(32, false).compute)
  // In shards as a whole: their functions are smaller, the tables are read again.
  const [whole, cut] = [cost(2, true), cost(4, true)]
  expect(cut.compute / whole.compute).toBeGreaterThan(1)
  expect(cut.bookkeeping).toBeGreaterThan(1.8 * whole.bookkeeping)
  expect(costOfDump({ bytes: tinyDump.bytes, analyses: [tinyDump] }, prices).total).toBeLessThan(0.001)
})

test('the requests around a dump are no fewer than a clean run takes', async () => {
  const { steps } = await simulate()
  const count = (what: string) => steps.filter((step) => step.endsWith(` ${what}`)).length
  expect(count('get')).toBeLessThanOrEqual(requestsOfAnalysis.dynamodbReads)
  expect(count('put') + count('raise') + count('remove')).toBeLessThanOrEqual(requestsOfAnalysis.dynamodbWrites)
  expect(count('write')).toBeLessThanOrEqual(requestsOfAnalysis.resultPuts)
  expect(count('read')).toBeLessThanOrEqual(requestsOfAnalysis.resultGets)
  expect(3 * (count('send') + 1)).toBeLessThanOrEqual(requestsOfAnalysis.sqs)
})

test('a scan in shards takes no more requests than its further analysis and each shard are reckoned with', async () => {
  const steps = async (shards: number) => {
    const { steps } = await simulate({ jobs: dividedJobs(shards) })
    return (...kinds: string[]) => steps.filter((step) => kinds.some((kind) => step.endsWith(` ${kind}`))).length
  }
  const [few, many] = [await steps(2), await steps(12)]
  const each = (...kinds: string[]) => (many(...kinds) - few(...kinds)) / 10
  expect(each('get', 'query')).toBeLessThanOrEqual(requestsOfShard.dynamodbReads)
  expect(each('put')).toBeLessThanOrEqual(requestsOfShard.dynamodbWrites)
  expect(each('write')).toBeLessThanOrEqual(requestsOfShard.resultPuts)
  expect(each('read')).toBeLessThanOrEqual(requestsOfShard.resultGets)
  expect(3 * each('send shard')).toBeLessThanOrEqual(requestsOfShard.sqs)
  const further = (kind: string, ofShard: number) => few(kind) - 2 * ofShard
  expect(further('get', requestsOfShard.dynamodbReads)).toBeLessThanOrEqual(2 * requestsOfAnalysis.dynamodbReads)
  expect(further('put', requestsOfShard.dynamodbWrites)).toBeLessThanOrEqual(2 * requestsOfAnalysis.dynamodbWrites)
})
