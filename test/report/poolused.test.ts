import { describe, expect, test } from 'vitest'
import type { PoolUsage, TagUsage } from '../../shared/analysis/pool-usage.ts'
import { renderPoolused } from '../../shared/report/poolused.ts'

const totals = (outstanding: number, bytes: number) => ({ allocations: outstanding, frees: 0, outstanding, bytes })
const row = (
  tag: string,
  nonPaged: [number, number],
  paged: [number, number],
  known?: [string | null, string],
): TagUsage => ({
  tag,
  nonPaged: totals(...nonPaged),
  paged: totals(...paged),
  owner: known?.[0] ?? null,
  meaning: known?.[1] ?? null,
})
const usage = (tags: TagUsage[], lowerBound = false): PoolUsage => ({
  source: 'tracker',
  lowerBound,
  processors: 4,
  tags,
  bigAllocations: [],
})

const seedTags = [
  row('None', [246_479, 50_827_424], [0, 0], [null, 'call to ExAllocatePool']),
  row('MmCm', [1198, 18_462_512], [0, 0], ['nt!mm', 'Calls made to MmAllocateContiguousMemory']),
  row('LSwi', [1, 3_000_000], [2, 64]),
  row('CM31', [0, 0], [500, 9_000_000], ['nt!cm', 'Registry']),
]

/** The seed has lost its columns' alignment on the way to a web page: words and their order are what it fixes. */
const words = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '')

describe('!poolused', () => {
  test('/t2 2 as in the seed', () => {
    expect(words(renderPoolused(usage(seedTags), { flags: 2, top: 2 }))).toEqual([
      'Sorting by NonPaged Pool Consumed',
      'Pool Used:',
      'NonPaged Paged',
      'Tag Allocs Used Allocs Used',
      'None 246479 50827424 0 0 call to ExAllocatePool',
      'MmCm 1198 18462512 0 0 Calls made to MmAllocateContiguousMemory , Binary: nt!mm',
    ])
  })

  test('has its columns under one another', () => {
    const lines = renderPoolused(usage(seedTags), { flags: 2, top: 2 }).split('\n')
    const header = lines[4]
    expect(lines[5].indexOf('246479') + 6).toBe(header.indexOf('Allocs') + 6)
    expect(lines[5].indexOf('50827424') + 8).toBe(header.indexOf('Used') + 4)
  })

  test('2 shows tags with non-paged bytes, their total, and where it was cut off', () => {
    const lines = words(renderPoolused(usage(seedTags), { flags: 2, most: 2 }))
    expect(lines.slice(-2)).toEqual(['(the first 2 of 3 tags)', 'TOTAL 247678 72289936 2 64'])
    expect(words(renderPoolused(usage(seedTags), { flags: 2 }))).toContain(
      "LSwi 1 3000000 2 64 UNKNOWN pooltag 'LSwi', please update pooltag.txt",
    )
  })

  test('4 sorts by paged bytes, no flag by tag, and a tag may be asked for', () => {
    expect(words(renderPoolused(usage(seedTags), { flags: 4 }))[0]).toBe('Sorting by Paged Pool Consumed')
    expect(words(renderPoolused(usage(seedTags), { flags: 4 }))[4]).toMatch(/^CM31/)
    const all = words(renderPoolused(usage(seedTags), { flags: 0 })).slice(4, 8)
    expect(all.map((line) => line.slice(0, 4))).toEqual(['CM31', 'LSwi', 'MmCm', 'None'])
    expect(
      words(renderPoolused(usage(seedTags), { flags: 0, tag: 'M*' })).filter((line) => /^\w{4} \d/.test(line)),
    ).toHaveLength(1)
  })

  test('says when its figures are lower bounds', () => {
    expect(renderPoolused(usage(seedTags, true), { flags: 2, top: 2 })).toContain('lower bound')
  })

  test('1 shows frees too, and that a scan knows none', () => {
    const churned = {
      ...row('Irp ', [5, 640], [0, 0]),
      nonPaged: { allocations: 900, frees: 895, outstanding: 5, bytes: 640 },
    }
    const shown = words(renderPoolused(usage([churned]), { flags: 3 }))
    expect(shown.slice(0, 5)).toEqual([
      'Sorting by NonPaged Pool Consumed',
      'Pool Used:',
      'NonPaged Paged',
      'Tag Allocs Frees Diff Used Allocs Frees Diff Used',
      "Irp 900 895 5 640 0 0 0 0 UNKNOWN pooltag 'Irp ', please update pooltag.txt",
    ])
    expect(shown.at(-1)).toBe('TOTAL 900 895 5 640 0 0 0 0')
    expect(renderPoolused({ ...usage([churned]), source: 'scan' }, { flags: 1 })).toContain('not known')
  })

  test('1 alone sorts by tag, 5 by paged bytes', () => {
    const order = (flags: number) =>
      words(renderPoolused(usage(seedTags), { flags }))
        .slice(4, 6)
        .map((line) => line.slice(0, 4))
    expect(order(1)).toEqual(['CM31', 'LSwi'])
    expect(order(5)).toEqual(['CM31', 'LSwi'])
    expect(words(renderPoolused(usage(seedTags), { flags: 5 }))[0]).toBe('Sorting by Paged Pool Consumed')
  })

  test('8 says that session pool is not known', () => {
    const text = renderPoolused(usage(seedTags), { flags: 10 })
    expect(text).toMatch(/Session pool/)
    expect(text).not.toMatch(/None|MmCm/)
  })
})
