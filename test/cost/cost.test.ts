import { expect, test } from 'vitest'
import { costOfDump, requestsOfDump, scaledTo } from '../../shared/cost/cost-model.ts'
import { depletionDump, tinyDump } from '../../shared/cost/measured-dumps.ts'
import { prices } from '../../shared/cost/prices.ts'
import { simulate } from '../functions/simulation.ts'

test('a dump costs what its counted requests, bytes and milliseconds cost', () => {
  const free = costOfDump({ bytes: 1e9, stages: {} }, prices)
  const used = { header: { bytesRead: 0, reads: 1_000_000, milliseconds: 1000 } }
  const one = costOfDump({ bytes: 1e9, stages: used }, prices)
  expect(one.reads - free.reads).toBeCloseTo(0.4, 6)
  expect(one.compute).toBeCloseTo((1769 / 1024) * prices.lambda.gbSecond, 12)
  // 120 parts of 8 MiB, start and complete.
  expect(one.upload).toBeCloseTo(122 * 5e-6, 12)
  expect(one.storageMonth).toBeCloseTo(0.023, 6)
  expect(one.total).toBeCloseTo(one.upload + one.compute + one.reads + one.bookkeeping, 12)
})

test('a scan grows with the dump, the tables do not', () => {
  const cost = (gib: number, scan: boolean) => costOfDump(scaledTo(gib * 2 ** 30, depletionDump, scan), prices)
  expect(cost(32, true).compute / cost(8, true).compute).toBeGreaterThan(3.5)
  expect(cost(32, false).compute).toBe(cost(8, false).compute)
  expect(costOfDump(tinyDump, prices).total).toBeLessThan(0.001)
})

test('the requests around a dump are no fewer than a clean run takes', async () => {
  const { steps } = await simulate()
  const count = (what: string) => steps.filter((step) => step.endsWith(` ${what}`)).length
  expect(count('get')).toBeLessThanOrEqual(requestsOfDump.dynamodbReads)
  expect(count('put') + count('raise') + count('remove')).toBeLessThanOrEqual(requestsOfDump.dynamodbWrites)
  expect(count('write')).toBeLessThanOrEqual(requestsOfDump.resultPuts)
  expect(count('read')).toBeLessThanOrEqual(requestsOfDump.resultGets)
  expect(3 * (count('send') + 1)).toBeLessThanOrEqual(requestsOfDump.sqs)
})
