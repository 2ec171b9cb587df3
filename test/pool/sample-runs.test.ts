import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PageRun } from '../../shared/dump/physical-memory.ts'
import { sampleRuns } from '../../shared/pool/sample-runs.ts'

const layOut = (sizes: readonly number[]): PageRun[] => {
  let pfn = 100
  let fileOffset = 0x2000
  return sizes.map((pages) => {
    const run = { pfn, pages, fileOffset }
    pfn += pages + 7
    fileOffset += pages * 4096
    return run
  })
}

const pagesOf = (runs: readonly PageRun[]): number => runs.reduce((sum, { pages }) => sum + pages, 0)

test('a sample is as large as wanted, lies within the runs, and reaches from the start of the file to near its end', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 30 }), (sizes) => {
      const runs = layOut(sizes)
      const present = pagesOf(runs)
      const wanted = 8 * 2048
      const sample = sampleRuns(runs, present, wanted)
      expect(pagesOf(sample)).toBe(Math.min(present, wanted))
      let end = 0
      for (const { pfn, pages, fileOffset } of sample) {
        expect(fileOffset).toBeGreaterThanOrEqual(end)
        end = fileOffset + pages * 4096
        const run = runs.find((one) => pfn >= one.pfn && pfn + pages <= one.pfn + one.pages)
        expect(fileOffset).toBe(run!.fileOffset + (pfn - run!.pfn) * 4096)
      }
      if (present > wanted) {
        const last = runs.at(-1)!
        expect(sample[0].fileOffset).toBe(runs[0].fileOffset)
        expect(end).toBeGreaterThan(0x2000 + ((last.fileOffset + last.pages * 4096 - 0x2000) * 3) / 4)
      }
    }),
  )
})

test('nothing is sampled when nothing is wanted', () => {
  expect(sampleRuns(layOut([10]), 10, 0)).toEqual([])
})
