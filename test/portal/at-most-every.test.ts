import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { atMostEvery } from '../../functions/portal/upload/at-most-every.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('the first value passes at once, then the latest of each stretch of time', () => {
  const passed: number[] = []
  const { soon } = atMostEvery<number>(250, (value) => passed.push(value))
  for (let value = 0; value < 95; value++) {
    soon(value)
    vi.advanceTimersByTime(10)
  }
  expect(passed).toEqual([0, 24, 49, 74])
  vi.advanceTimersByTime(1000)
  // The last one is not lost, and none comes twice.
  expect(passed).toEqual([0, 24, 49, 74, 94])
})

test('what cannot wait passes at once, and nothing older after it', () => {
  const passed: string[] = []
  const { soon, now } = atMostEvery<string>(250, (value) => passed.push(value))
  soon('sending 1')
  soon('sending 2')
  now('done')
  vi.advanceTimersByTime(1000)
  expect(passed).toEqual(['sending 1', 'done'])
})
