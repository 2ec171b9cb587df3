import { expect, test } from 'vitest'
import {
  coverageSentence,
  incompleteCoverage,
  readWords,
  unsearchedCoverage,
} from '../../functions/portal/case/details/coverage-state.ts'
import { memoryRows } from '../../functions/portal/case/details/memory-rows.ts'
import { poolRows, poolSourceSentence } from '../../functions/portal/case/details/pool-rows.ts'
import { indexTranscript } from '../../functions/portal/case/details/transcript-index.ts'
import {
  confidencePercent,
  namedCandidates,
  rankedFindings,
} from '../../functions/portal/case/findings/lead-finding.ts'
import type { Finding } from '../../shared/analysis/finding.ts'
import { depletion2008 } from '../e2e/fixtures/depletion-2008.ts'
import { suspects } from '../e2e/fixtures/other-verdicts.ts'

test('what settles the case comes first, whatever the order of the findings', () => {
  expect(rankedFindings(depletion2008.findings).map(({ status }) => status)).toEqual(['culprit', 'information'])
})

test('only culprits and suspects are named, both of two', () => {
  const [culprit] = rankedFindings(depletion2008.findings)
  const [pair] = rankedFindings(suspects.findings)
  const undecided: Finding = { ...pair!, status: 'inconclusive' }
  expect(namedCandidates(culprit!)).toHaveLength(1)
  expect(namedCandidates(pair!).map(({ name }) => name)).toEqual(['stornic.sys', 'avfilt.sys'])
  expect(namedCandidates(undecided)).toEqual([])
})

test('confidence is rounded down', () => {
  expect(confidencePercent(0.999)).toBe(99)
  expect(confidencePercent(1)).toBe(100)
  expect(confidencePercent(0.29)).toBe(29)
})

test('the poorest coverage comes first, and a search that knew nothing to read is not complete', () => {
  const whole = { area: 'whole', wantedBytes: 10, readBytes: 10 }
  const most = { area: 'most', wantedBytes: 10, readBytes: 9 }
  const none = { area: 'none', wantedBytes: 10, readBytes: 0 }
  const lost = { area: 'module list', wantedBytes: 0, readBytes: 0, note: 'Its head is not in the dump.' }
  const trivial = { area: 'nothing wanted', wantedBytes: 0, readBytes: 0 }
  const all = [whole, most, none, lost, trivial]
  expect(incompleteCoverage(all)).toEqual([none, most])
  expect(unsearchedCoverage(all)).toEqual([lost])
  expect(coverageSentence([whole, trivial])).toMatch(/^Everything/)
  expect(coverageSentence([whole, lost])).toMatch(/does not mean/)
  expect(coverageSentence([whole, most])).toMatch(/does not mean/)
  expect(all.map((area) => readWords(area, String))).toEqual([
    '10 of 10',
    '9 of 10',
    '0 of 10',
    'not searched',
    'nothing to read',
  ])
})

test('an address leads to the transcript entry that is about it, else to one that mentions it', () => {
  const find = indexTranscript([
    { command: '!poolused 2', output: ' None 246479 50827424 see f50b8058\n' },
    { command: 'x nt!ExAllocatePool', output: 'e0894d1f nt!ExAllocatePool\n' },
    { command: 's-d', output: 'f50b8058  e0894d1f e0828e04 .M.\n' },
    { command: 'dqs fffff800`0a1b2c30', output: 'fffff800`0a1b2c30  fffff803`11223344 nt!ExAllocatePool2\n' },
  ])
  expect(find('0xf50b8058')).toBe(2)
  expect(find('0xe0894d1f')).toBe(1)
  expect(find('0xe0828e04')).toBe(2)
  expect(find('0xfffff8000a1b2c30')).toBe(3)
  expect(find('0xfffff80311223344')).toBe(3)
  expect(find('0x0a1b2c30')).toBeNull()
  expect(find('0xdeadbeef')).toBeNull()
})

test('the transcript of a hundred thousand lines is read at once', () => {
  const output = Array.from({ length: 100_000 }, (_, line) => `${(0xe0000000 + line * 4).toString(16)}  00000000`).join(
    '\n',
  )
  expect(indexTranscript([{ command: 'dps', output }])('0xe0061a7c')).toBe(0)
})

test('every line of memory usage has a value or says why not', () => {
  const rows = memoryRows(depletion2008.memory!)
  const byLabel = new Map(rows.map((row) => [row.label, row]))
  expect(byLabel.get('NonPagedPool in use')?.value).toBe(31_369)
  expect(byLabel.get('PagedPool 4 in use')?.value).toBe(746)
  expect(byLabel.get('Failed pool allocations')).toMatchObject({ value: null, unit: 'count' })
  for (const row of rows) expect(row.source, row.label).toBeTruthy()
  expect(new Set(rows.map(({ label }) => label)).size).toBe(rows.length)
})

test('page files and free nonpaged PTEs are lines of their own where symbols name them', () => {
  const pageFile = { name: '\\??\\C:\\pagefile.sys', currentKb: 4, freeKb: 3, minimumKb: 2, maximumKb: 1 }
  const rows = memoryRows({ ...depletion2008.memory!, freeNonPagedPtes: 335, pageFiles: [pageFile] })
  expect(rows.filter(({ unit }) => unit === 'KiB').map(({ value }) => value)).toEqual([4, 3, 2, 1])
  expect(rows.find(({ label }) => label === 'Free nonpaged PTEs')?.value).toBe(335)
})

test('tags of the tables and of the scan stand in one row, either alone in its own', () => {
  const rows = new Map(poolRows(depletion2008.pool!).map((row) => [row.tag, row]))
  expect(rows.get('None')?.counted?.nonPaged.bytes).toBe(50_827_424)
  expect(rows.get('None')?.scanned?.blocks).toBe(246_102)
  expect(rows.get('MmCm')?.scanned).toBeNull()
  expect(rows.get('Zmb1')).toEqual({ tag: 'Zmb1', counted: null, scanned: { blocks: 3, bytes: 288 } })
})

test('a lower bound says that its figures mean at least', () => {
  expect(poolSourceSentence(depletion2008.pool!)).not.toMatch(/at least/)
  expect(poolSourceSentence({ ...depletion2008.pool!, lowerBound: true })).toMatch(/at least/)
})
