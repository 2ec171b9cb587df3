import { expect, test } from 'vitest'
import { parseAddress } from '../../functions/portal/case/details/parse-address.ts'
import { poolShares } from '../../functions/portal/case/details/pool-shares.ts'
import { rankedFindings } from '../../functions/portal/case/findings/lead-finding.ts'
import { formatDollars, spentSentence } from '../../functions/portal/case/stage-progress.ts'
import { timeLabels, timesOf } from '../../functions/portal/comparison/plot-times.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { queuedStage } from '../cases/records.ts'
import { depletion2008 } from '../e2e/fixtures/depletion-2008.ts'

test('an address is taken as people write it, and nothing else is', () => {
  expect(['f50b8058', ' 0xF50B8058 ', 'fffff800`12345678', '0x0', '00001000'].map(parseAddress)).toEqual([
    '0xf50b8058',
    '0xf50b8058',
    '0xfffff80012345678',
    '0x0',
    '0x1000',
  ])
  for (const wrong of ['', 'nt!x', '0x', 'f50b`8058', '1'.repeat(17), '-1']) expect(parseAddress(wrong)).toBeNull()
})

const [finding] = rankedFindings(depletion2008.findings)

test('the parts of a pool add up to its maximum', () => {
  const shares = poolShares(depletion2008, finding)!
  expect(shares).toMatchObject({ pool: 'NonPagedPool', tag: 'None', tagBytes: 50_827_424 })
  expect(shares.tagBytes + shares.otherBytes).toBe(31_369 * 4096)
  expect(shares.tagBytes + shares.otherBytes + shares.freeBytes!).toBe(31_986 * 4096)
})

test('a tag that is said to hold more than its pool leaves nothing for others, and nothing negative', () => {
  const huge = { ...finding, bytes: 2 ** 40 }
  expect(poolShares(depletion2008, huge)).toMatchObject({ otherBytes: 0, freeBytes: 0 })
  expect(poolShares({ memory: null }, huge)).toBeNull()
})

test('dumps stand at their times, or in a row where a time is missing or repeats', () => {
  const dump = (at: string | null) => ({ at, uptimeSeconds: null, lowerBound: false })
  const first = '2008-12-12T08:00:00.000Z'
  expect(timesOf({ dumps: [dump(first), dump('2008-12-12T09:00:00.000Z')] })).toEqual({
    times: [1229068800, 1229072400],
    isTime: true,
  })
  expect(timesOf({ dumps: [dump(first), dump(null)] })).toEqual({ times: [1, 2], isTime: false })
  expect(timesOf({ dumps: [dump(first), dump(first)] }).isTime).toBe(false)
})

test('what the stages took is said with its price, small as it is', () => {
  const record = (stage: 'header' | 'pool', milliseconds: number): StageRecord => ({
    ...queuedStage,
    stage,
    cost: { bytesRead: 2 ** 20, reads: 20, milliseconds, peakMemoryBytes: milliseconds * 1000 },
  })
  const records = [record('header', 900), record('pool', 2500)]
  expect(spentSentence(records, 0.000_421)).toBe(
    'Together: 3.4 s of computing, 2.00 MiB in 40 reads, 2.38 MiB of memory at most; about $0.00042 on AWS.',
  )
  expect(spentSentence(records, null)).not.toContain('$')
  expect(spentSentence([queuedStage], 0)).toBeNull()
  expect([0.000_001_23, 0.0456, 1.234].map(formatDollars)).toEqual(['$0.0000012', '$0.046', '$1.23'])
})

test('the marks of a time axis say the time, and the day where a new one begins', () => {
  const at = (hours: number): number => Date.parse('2013-05-21T08:00:00Z') / 1000 + hours * 3600
  expect(timeLabels([at(0), at(8), at(16), at(24)])).toEqual(['08:00\n21 May 2013', '16:00', '00:00\n22 May', '08:00'])
  expect(timeLabels([at(16), at(40)])).toEqual(['22 May 2013', '23 May'])
  expect(timeLabels([])).toEqual([])
})
