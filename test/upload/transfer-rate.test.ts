import { expect, test } from 'vitest'
import { addSample, type Sample, timeLeft, transferRate } from '../../shared/upload/transfer-rate.ts'

const samplesOf = (pairs: readonly (readonly [seconds: number, bytes: number])[]): Sample[] =>
  pairs.reduce<Sample[]>((samples, [seconds, bytes]) => addSample(samples, { at: seconds * 1000, bytes }), [])

test('the rate is that of the last seconds, not of the whole upload', () => {
  const slowThenFast = samplesOf([
    [0, 0],
    [60, 600],
    [65, 5600],
    [69, 9600],
  ])
  expect(transferRate(slowThenFast)).toBe(1000)
})

test('there is no rate before a second has passed, and none below zero', () => {
  expect(transferRate([])).toBeNull()
  expect(
    transferRate(
      samplesOf([
        [0, 0],
        [0.9, 900],
      ]),
    ),
  ).toBeNull()
  expect(
    transferRate(
      samplesOf([
        [0, 5000],
        [2, 1000],
      ]),
    ),
  ).toBe(0)
})

test('the time left follows from the rate, and is unknown while nothing moves', () => {
  expect(timeLeft(5000, 1000)).toBe(5000)
  expect(timeLeft(5000, 0)).toBeNull()
  expect(timeLeft(5000, null)).toBeNull()
})
