import { expect, test } from 'vitest'
import { troublesOf } from '../../functions/portal/operations/trouble.ts'
import { quietOperations } from '../e2e/fake-operations.ts'
import { troubledOperations } from '../e2e/fixtures/operations-trouble.ts'

const known = (operations: ReturnType<typeof quietOperations>) => ({
  queues: { takenAt: new Date().toISOString(), queues: operations.queues, deadLetters: operations.deadLetters },
  failures: operations.failures,
  analyses: operations.analyses,
})

test('where nothing is wrong nothing is said, and what is not known is not said to be wrong', () => {
  expect(troublesOf(known(quietOperations()), Date.now())).toEqual([])
  expect(troublesOf({ queues: undefined, failures: undefined, analyses: undefined }, Date.now())).toEqual([])
})

test('the worst comes first, and each leads to a part of the page', () => {
  const troubles = troublesOf(known(troubledOperations()), Date.now())
  expect(troubles.map(({ tone }) => tone)).toEqual(['bad', 'bad', 'bad', 'caution', 'caution', 'caution'])
  expect(troubles.map(({ section }) => section)).toEqual([
    ...['dead-letters', 'dead-letters', 'failures', 'running', 'queues', 'failures'],
  ])
})

test('what is long past, or waits in the lane of batches, is no trouble', () => {
  const operations = troubledOperations()
  const { failures, queues } = known(operations)
  const dayLater = Date.now() + 25 * 3_600_000
  expect(troublesOf({ queues: undefined, failures, analyses: [] }, dayLater)).toEqual([])
  const batch = queues.queues.map((queue) => ({
    ...{ ...queue, lane: 'reprocessing' as const, oldestWaitsSince: new Date(0).toISOString() },
  }))
  const found = troublesOf(
    { queues: { ...queues, queues: batch, deadLetters: [] }, failures: [], analyses: [] },
    dayLater,
  )
  expect(found).toEqual([])
})

test('a redrive that SQS gave up is told', () => {
  const operations = quietOperations()
  const move = { status: 'failed' as const, startedAt: null, moved: 1, toMove: 3, failure: 'AccessDenied' }
  operations.deadLetters = [{ queue: 'pool', messages: 0, move }]
  expect(troublesOf(known(operations), Date.now())).toMatchObject([
    { tone: 'bad', text: 'Dead letters of Pool could not be sent again: AccessDenied.' },
  ])
})
