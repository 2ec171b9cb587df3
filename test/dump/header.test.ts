import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHeader } from '../../shared/dump/header.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { handMadeDump, type Mode } from '../hand-made/dump.ts'

const header = (mode: Mode, fields = {}) => decodeHeader(handMadeDump(mode).build(fields))

describe('a dump header', () => {
  test('of 32 bits', () => {
    const decoded = header('x86-pae', { psLoadedModuleList: 0xe08a5ac8n, kdDebuggerDataBlock: 0xe0892bd8n })
    expect(decoded).toMatchObject({
      bits: 32,
      build: 3790,
      machineImageType: 0x14c,
      directoryTableBase: 0x14a0n,
      paeEnabled: true,
      psLoadedModuleList: 0xe08a5ac8n,
      kdDebuggerDataBlock: 0xe0892bd8n,
      processors: 4,
      bugcheckCode: 0xd1,
      bugcheckParameters: [0n, 1n, 2n, 3n],
      dumpType: 1,
      runs: [{ basePage: 1, pageCount: 1 }],
      runsNote: null,
      systemUpTime: 864_000_000_000n,
      systemTime: 128_510_010_000_000_000n,
    })
  })

  test('of 64 bits', () => {
    expect(header('x64', { psLoadedModuleList: 0xfffff80001a2ae90n })).toMatchObject({
      bits: 64,
      build: 7601,
      directoryTableBase: 0x1002n,
      paeEnabled: null,
      psLoadedModuleList: 0xfffff80001a2ae90n,
      bugcheckCode: 0x1000007e,
      runs: [{ basePage: 1, pageCount: 1 }],
    })
  })

  test.each(['x86', 'x64'] as const)('of %s: what the writer left as filler is null', (mode) => {
    expect(header(mode, { paeEnabled: 0x50 })).toMatchObject({
      paeEnabled: null,
      kdDebuggerDataBlock: null,
      attributes: null,
      requiredDumpSpace: null,
      comment: null,
      versionUser: null,
      secondaryDataState: null,
      writerStatus: null,
      productType: null,
      suiteMask: null,
    })
  })

  test.each([
    ['more runs than fit', { runCount: 87 }, '87 runs'],
    ['a count of four thousand million', { runCount: 0xffffffff }, 'runs'],
    ['no run', { runCount: 0 }, '0 runs'],
    [
      'runs that descend',
      {
        runs: [
          [100, 10],
          [50, 10],
        ],
      },
      'inside an earlier one',
    ],
    [
      'runs that overlap',
      {
        runs: [
          [100, 10],
          [109, 10],
        ],
      },
      'inside an earlier one',
    ],
    ['a run past the end of memory', { runs: [[0xfffffff0, 0x20]] }, 'beyond any possible'],
    ['runs without a page', { runs: [[1, 0]] }, 'empty'],
    ['a list left as filler', { runCount: 0x45474150 }, 'does not list'],
  ] as const)('with %s has no runs, and says why', (_, fields, why) => {
    const decoded = header('x86', fields)
    expect(decoded.runs).toBeNull()
    expect(decoded.runsNote).toContain(why)
  })
})

describe('pages of a full dump', () => {
  const runs = [
    { basePage: 1, pageCount: 3 },
    { basePage: 4, pageCount: 1 },
    { basePage: 100, pageCount: 5 },
  ]

  test('lie run after run', () => {
    const memory = runMemory(runs, 0x1000, 0x1000 + 9 * 4096)
    expect([0, 1, 4, 5, 99, 100, 104, 105].map((pfn) => memory.locate(pfn))).toEqual([
      'not-in-dump',
      0x1000,
      0x4000,
      'not-in-dump',
      'not-in-dump',
      0x5000,
      0x9000,
      'not-in-dump',
    ])
    expect([...memory.runs()]).toEqual([
      { pfn: 1, pages: 4, fileOffset: 0x1000 },
      { pfn: 100, pages: 5, fileOffset: 0x5000 },
    ])
  })

  test('that are not wholly in the file are beyond its end', () => {
    const memory = runMemory(runs, 0x1000, 0x1000 + 5 * 4096 + 4095)
    expect(memory.locate(100)).toBe(0x5000)
    expect(memory.locate(101)).toBe('beyond-end-of-file')
    expect([memory.expectedPages, memory.presentPages]).toEqual([9, 5])
    expect([...memory.runs()].at(-1)).toEqual({ pfn: 100, pages: 1, fileOffset: 0x5000 })
  })

  test('are found the same by lookup and by listing, wherever the file ends', () => {
    const gapsAndCounts = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(gapsAndCounts, fc.nat(60 * 4096), (list, fileBytes) => {
        let end = 0
        const made = list.map(([gap, pageCount]) => {
          const run = { basePage: end + gap, pageCount }
          end = run.basePage + pageCount
          return run
        })
        const memory = runMemory(made, 0x2000, fileBytes)
        const listed = new Map<number, number>()
        for (const { pfn, pages, fileOffset } of memory.runs())
          for (let page = 0; page < pages; page++) listed.set(pfn + page, fileOffset + page * 4096)
        for (let pfn = 0; pfn < end + 3; pfn++) {
          const found = memory.locate(pfn)
          expect(listed.get(pfn)).toBe(typeof found === 'number' ? found : undefined)
          if (typeof found === 'number') expect(found + 4096).toBeLessThanOrEqual(fileBytes)
        }
        expect(listed.size).toBe(memory.presentPages)
      }),
    )
  })
})
