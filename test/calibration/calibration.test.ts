import { beforeAll, describe, expect, test } from 'vitest'
import { type Calibration, calibrationOf, isCalibrated, printed, score } from './score.ts'

const variants = 40

describe(`${variants} machines drawn at random`, () => {
  let calibration: Calibration
  beforeAll(async () => {
    const scored = []
    for (let index = 0; index < variants; index++) scored.push(await score('short', index))
    calibration = calibrationOf(scored)
    console.log(printed(calibration))
  })

  test('who is surely named did it', () => {
    expect(calibration.sure.all).toBeGreaterThanOrEqual(8)
    expect(isCalibrated(calibration)).toBe(true)
  })

  test('nobody is accused where nothing leaks', () => {
    expect(Object.keys(calibration.calmVerdicts)).not.toEqual([])
    expect(calibration.falseAlarms).toEqual([])
  })

  test('nobody innocent gets more than an even chance', () => expect(calibration.wrong).toEqual([]))
})
