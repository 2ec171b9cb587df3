import { describe, expect, test } from 'vitest'
import { judge } from '../../shared/verdict/judge.ts'
import type { Knowledge } from '../../shared/verdict/knowledge.ts'
import { contents, importer, knowledge, memory, modules, searched, tag } from './knowledge.ts'

const leaky = { name: 'leaky.sys', base: '0xf50b3000' }
const decoy = { name: 'decoy.sys', base: '0xf6000000' }

const best = (known: Knowledge) => judge(known).findings[0].candidates[0]
const names = (known: Knowledge) => judge(known).findings[0].candidates.map((candidate) => candidate.name)

describe('one driver alone imports the untagged allocator', () => {
  test('is the culprit when every import table was read, with the figures of the leak', () => {
    const { verdict, findings, headline } = judge(knowledge())
    expect(verdict).toBe('culprit')
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      kind: 'pool-leak',
      pool: 'nonpaged',
      tag: 'None',
      bytes: 50827424,
      outstanding: 246479,
      status: 'culprit',
    })
    expect(findings[0].candidates[0]).toMatchObject({ name: 'leaky.sys', base: '0xf50b3000' })
    expect(findings[0].candidates[0].for[0]).toMatchObject({ kind: 'import-table', address: '0xf50b8058' })
    expect(headline).toBe(
      'NonPagedPool is 98 % used; 40 % of it is untagged; leaky.sys is the only driver that imports ExAllocatePool.',
    )
  })

  test('is a suspect at most when modules could not be searched', () => {
    const tables = { ...searched([]).importTables, '0xf6000000': 'unknown', '0xf6100000': 'partly' } as const
    const known = knowledge({ imports: searched([importer(leaky.name, leaky.base)], { importTables: tables }) })
    expect(judge(known).verdict).toBe('suspects')
    expect(best(known).against.map(({ kind }) => kind)).toContain('unsearched-modules')
  })

  test('is a suspect at most when the module list itself ended early', () => {
    const known = knowledge({
      imports: searched([importer(leaky.name, leaky.base)], { searchNote: 'The module list ended early.' }),
    })
    expect(judge(known).verdict).toBe('suspects')
  })

  test('is a suspect at most when one table of very many is unread, unless the blocks point to it as well', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ ...modules[3], name: `d${i}.sys`, base: `0xf7${i + 10}0000` }))
    const importTables = Object.fromEntries([...modules, ...many].map(({ base }) => [base, 'read' as const]))
    const imports = searched([importer(leaky.name, leaky.base)], {
      importTables: { ...importTables, '0xf7200000': 'unknown' },
    })
    const known = knowledge({ modules: [...modules, ...many], imports })
    expect(judge(known).verdict).toBe('suspects')
    expect(judge({ ...known, contents: [contents('None', [{ ...leaky, blocks: 60 }])] }).verdict).toBe('culprit')
  })

  test('is a suspect at most when the pointer merely lies in its data or code', () => {
    for (const kind of ['stored-pointer', 'code'] as const) {
      const known = knowledge({ imports: searched([importer(leaky.name, leaky.base, kind)]) })
      expect(judge(known).verdict).toBe('suspects')
    }
  })

  test('is a suspect at most when its slot is never called while others are', () => {
    const known = knowledge({ imports: searched([importer(leaky.name, leaky.base, 'import-table', 0)]) })
    expect(judge(known).verdict).toBe('suspects')
  })

  test('stays the culprit with hal importing too, drivers unloaded and one allocator that is not exported', () => {
    const imports = searched([importer('hal.dll', '0xe0a11000'), importer(leaky.name, leaky.base, 'import-table', 3)])
    const known = knowledge({
      imports: { ...imports, allocators: imports.allocators.slice(0, 1) },
      unloadedModules: [{ name: 'gone.sys', start: '0xf8000000', end: '0xf8008000', unloadedAt: null }],
    })
    expect(judge(known).verdict).toBe('culprit')
    expect(best(known).against).toHaveLength(2)
  })

  test('is not the culprit when the leaked blocks point into another driver', () => {
    const known = knowledge({ contents: [contents('None', [{ ...decoy, blocks: 60 }])] })
    expect(judge(known).verdict).toBe('suspects')
    expect(names(known).sort()).toEqual(['decoy.sys', 'leaky.sys'])
  })

  test('is not the culprit when it is a framework that allocates for clients, whatever its blocks hold', () => {
    const ndis = { name: 'ndis.sys', base: '0xf6200000' }
    const known = knowledge({
      imports: searched([importer(ndis.name, ndis.base)]),
      contents: [contents('None', [{ ...ndis, blocks: 64 }])],
    })
    expect(judge(known).verdict).toBe('suspects')
  })
})

describe('several drivers import it', () => {
  const both = searched([importer(leaky.name, leaky.base), importer(decoy.name, decoy.base)])

  test('are both named and neither is the culprit when nothing tells them apart', () => {
    const { verdict, findings, headline } = judge(knowledge({ imports: both }))
    expect(verdict).toBe('suspects')
    expect(findings[0].candidates[0].confidence).toBe(findings[0].candidates[1].confidence)
    expect(findings[0].candidates[0].confidence).toBeLessThan(0.5)
    expect(headline).toContain('leaky.sys and decoy.sys are suspected alike')
  })

  test('the one whose addresses recur in the leaked blocks, and not in others, is the culprit', () => {
    const known = knowledge({ imports: both, contents: [contents('None', [{ ...leaky, blocks: 50, otherBlocks: 1 }])] })
    expect(judge(known).verdict).toBe('culprit')
    expect(best(known).name).toBe('leaky.sys')
  })

  test('an importer and one that merely stores the pointer are both named, and contents decide even so', () => {
    const imports = searched([importer(leaky.name, leaky.base), importer(decoy.name, decoy.base, 'stored-pointer')])
    expect(judge(knowledge({ imports })).verdict).toBe('suspects')
    const pointing = (to: typeof leaky) => knowledge({ imports, contents: [contents('None', [{ ...to, blocks: 40 }])] })
    expect(judge(pointing(leaky)).verdict).toBe('culprit')
    expect(best(pointing(leaky)).name).toBe('leaky.sys')
    expect(judge(pointing(decoy)).verdict).toBe('suspects')
    expect(best(pointing(decoy)).name).toBe('decoy.sys')
  })

  test('pointers as frequent in other blocks tell nothing apart', () => {
    const pointers = [{ ...leaky, blocks: 50, otherBlocks: 48 }]
    expect(judge(knowledge({ imports: both, contents: [contents('None', pointers)] })).verdict).toBe('suspects')
  })

  test('contents of another tag tell nothing apart', () => {
    const known = knowledge({ imports: both, contents: [contents('MmCm', [{ ...leaky, blocks: 60 }])] })
    expect(judge(known).verdict).toBe('suspects')
  })

  test('a dozen equal ones are too many to suspect any', () => {
    const crowd = Array.from({ length: 12 }, (_, i) => importer(`d${i}.sys`, `0xf7${i + 10}0000`))
    const { verdict, findings } = judge(knowledge({ imports: searched(crowd) }))
    expect(verdict).toBe('inconclusive')
    expect(Math.max(...findings[0].candidates.map(({ confidence }) => confidence))).toBeLessThan(0.15)
  })
})

describe('nobody imports it', () => {
  test('is inconclusive, with what to do next', () => {
    const { verdict, findings, headline } = judge(knowledge({ imports: searched([]) }))
    expect(verdict).toBe('inconclusive')
    expect(findings[0].candidates).toEqual([])
    expect(findings[0].nextStep).toContain('Driver Verifier')
    expect(headline).toContain('cannot be told')
  })

  test('the kernel and hal are never candidates, neither as holders nor by contents', () => {
    const nt = { name: 'ntoskrnl.exe', base: '0xe0800000' }
    const hal = { name: 'hal.dll', base: '0xe0a11000' }
    const known = knowledge({
      imports: searched([importer(nt.name, nt.base, 'kernel-own'), importer(hal.name, hal.base)]),
      contents: [
        contents('None', [
          { ...nt, blocks: 64 },
          { ...hal, blocks: 64 },
        ]),
      ],
    })
    expect(judge(known).verdict).toBe('inconclusive')
    expect(judge(known).findings[0].candidates).toEqual([])
  })

  test('is inconclusive as well when the import search did not run', () => {
    expect(judge(knowledge({ imports: null })).verdict).toBe('inconclusive')
  })
})

describe('a tag of its own', () => {
  const withTag = (changes: Partial<Knowledge> = {}) =>
    knowledge({ pool: { ...knowledge().pool!, tags: [tag('Leak', 60_000_000, 100_000)] }, ...changes })

  test('is inconclusive without contents: who imports the untagged allocator does not matter', () => {
    const { verdict, findings } = judge(withTag())
    expect(verdict).toBe('inconclusive')
    expect(findings[0]).toMatchObject({ tag: 'Leak', candidates: [] })
    expect(findings[0].nextStep).toContain('findstr /m /l Leak')
  })

  test('suspects the module its blocks point into, and is not surer than that', () => {
    const { verdict, findings } = judge(withTag({ contents: [contents('Leak', [{ ...decoy, blocks: 64 }])] }))
    expect(verdict).toBe('suspects')
    expect(findings[0].candidates[0].name).toBe('decoy.sys')
  })

  test('of the kernel is said to be used on behalf of a driver', () => {
    const pool = { ...knowledge().pool!, tags: [tag('MmCm', 60_000_000, 1200, 'nt!mm')] }
    const { findings } = judge(knowledge({ pool }))
    expect(findings[0].nextStep).toContain('on behalf of a driver')
  })

  test('of an object is an object leak', () => {
    const pool = { ...knowledge().pool!, tags: [tag('Thre', 85_505_600, 137_029, 'nt!ps')] }
    expect(judge(knowledge({ pool })).findings[0]).toMatchObject({ kind: 'object-leak', tag: 'Thre' })
  })
})

test('a driver named by a GUID is said to be created by its parent program', () => {
  const name = '{8A6C2D41-7B1E-4E55-9F60-2C1D0A7B9E33}.sys'
  const { findings, headline } = judge(knowledge({ imports: searched([importer(name, leaky.base)]) }))
  expect(headline).toContain(`${name} is the only driver that imports ExAllocatePool.`)
  expect(findings[0].nextStep).toContain('created dynamically by its parent program')
})

/** Of all it made, nine of ten blocks were freed. */
const busy = (bytes: number, outstanding: number) => ({
  allocations: outstanding * 10,
  frees: outstanding * 9,
  outstanding,
  bytes,
})

describe('a leak before the pool is full', () => {
  const calm = memory({ nonPagedPool: { usedPages: 9000, maximumPages: 31986, excessive: false } })
  const usage = (totals: ReturnType<typeof busy>, name = 'None') => {
    const pool = { ...knowledge().pool!, tags: [{ ...tag(name, 0, 0), nonPaged: totals }] }
    return judge(knowledge({ memory: calm, pool })).findings.filter(({ kind }) => kind === 'pool-leak')
  }
  const grown = { allocations: 100_000, frees: 20, outstanding: 99_980, bytes: 20_000_000 }

  test('is one tag with most of a pool in many blocks that hardly ever were freed', () => {
    expect(usage(grown)).toMatchObject([{ tag: 'None', bytes: 20_000_000 }])
  })

  test('is neither half of a pool, nor few large blocks, nor blocks that come and go', () => {
    expect(usage({ ...grown, bytes: 18_000_000 })).toEqual([])
    expect(usage({ ...grown, allocations: 9_000, outstanding: 8_980 }, 'Leak')).toEqual([])
    expect(usage({ ...grown, frees: 6_000 })).toEqual([])
  })

  test('needs fewer blocks where they are untagged, for no cache of Windows is', () => {
    expect(usage({ ...grown, allocations: 1_100, outstanding: 1_080 })).toMatchObject([{ tag: 'None' }])
    expect(usage({ ...grown, allocations: 920, outstanding: 900 })).toEqual([])
    expect(usage(grown, 'Leak')).toMatchObject([{ tag: 'Leak' }])
  })

  test('is not told from partial accounting', () => {
    const tags = [{ ...tag('None', 0, 0), nonPaged: grown }]
    const pool = { ...knowledge().pool!, tags, lowerBound: true }
    expect(judge(knowledge({ memory: calm, pool })).verdict).toBe('inconclusive')
  })
})

describe('no leak', () => {
  const calm = memory({ nonPagedPool: { usedPages: 17500, maximumPages: 31986, excessive: false } })

  const tags = [{ ...tag('None', 30_000_000, 146_000), nonPaged: busy(30_000_000, 146_000) }]
  const pool = { ...knowledge().pool!, tags }

  test('a pool without pressure is healthy, however big its biggest tag, as long as its blocks come and go', () => {
    const { verdict, findings, headline } = judge(knowledge({ memory: calm, pool }))
    expect(verdict).toBe('healthy')
    expect(findings).toEqual([])
    expect(headline).toBe('Healthy: NonPagedPool is 55 % used, PagedPool is 57 % used.')
  })

  test('is never concluded from accounting that is missing or partial', () => {
    const partial = { ...knowledge().pool!, lowerBound: true }
    expect(judge(knowledge({ memory: calm, pool: null })).verdict).toBe('inconclusive')
    expect(judge(knowledge({ memory: calm, pool: partial })).verdict).toBe('inconclusive')
    expect(judge(knowledge({ memory: null, pool: partial })).verdict).toBe('inconclusive')
    expect(judge(knowledge({ memory: null, pool: null })).verdict).toBe('not-determinable')
  })

  test('failed allocations without pressure are not healthy', () => {
    const { verdict, findings } = judge(knowledge({ memory: { ...calm, failedAllocations: 3 }, pool }))
    expect(verdict).toBe('inconclusive')
    expect(findings[0].kind).toBe('pool-exhaustion')
  })
})

describe('pressure without a dominating tag', () => {
  test('is pool exhaustion and names no module', () => {
    const tags = Array.from({ length: 20 }, (_, i) => tag(`Tg${i + 10}`, 6_000_000, 1000))
    const { verdict, findings, headline } = judge(knowledge({ pool: { ...knowledge().pool!, tags } }))
    expect(verdict).toBe('inconclusive')
    expect(findings[0]).toMatchObject({ kind: 'pool-exhaustion', pool: 'nonpaged', candidates: [] })
    expect(headline).toBe('NonPagedPool is 98 % used, and no tag in NonPagedPool dominates.')
  })

  test('with the tracker out of reach says so', () => {
    const { verdict, findings } = judge(knowledge({ pool: null }))
    expect(verdict).toBe('inconclusive')
    expect(findings[0].summary).toContain('not in the dump')
  })
})

test('a leak known only as a lower bound is still named, as at least so much', () => {
  const { verdict, findings } = judge(knowledge({ pool: { ...knowledge().pool!, lowerBound: true } }))
  expect(verdict).toBe('culprit')
  expect(findings[0].summary).toContain('at least 50,827,424 bytes')
})

test('a paged leak is judged against the paged maximum', () => {
  const paged = { allocations: 9000, frees: 0, outstanding: 9000, bytes: 130_000_000 }
  const pool = { ...knowledge().pool!, tags: [{ ...tag('None', 0, 0), paged }] }
  const pressed = memory({
    nonPagedPool: { usedPages: 9000, maximumPages: 31986, excessive: false },
    pagedPool: { usedPages: 38000, maximumPages: 38912, pools: [] },
  })
  expect(judge(knowledge({ memory: pressed, pool })).findings[0]).toMatchObject({ pool: 'paged', status: 'culprit' })
})

describe('a dump that cannot tell', () => {
  test('a triage dump is not determinable, with the exact setting', () => {
    const { verdict, findings } = judge(
      knowledge({ dump: { ...knowledge().dump, format: 'triage' }, memory: null, pool: null, imports: null }),
    )
    expect(verdict).toBe('not-determinable')
    expect(findings[0].kind).toBe('dump-quality')
    expect(findings[0].nextStep).toContain('CrashDumpEnabled = 2')
  })

  test('a refused file says why', () => {
    const refusal = { code: 'user-minidump', message: 'This is a dump of one process.', advice: 'Send MEMORY.DMP.' }
    const { verdict, headline, findings } = judge(
      knowledge({ dump: { ...knowledge().dump, refusal }, memory: null, pool: null, imports: null }),
    )
    expect(verdict).toBe('not-determinable')
    expect(headline).toBe('This is a dump of one process.')
    expect(findings[0].nextStep).toBe('Send MEMORY.DMP.')
  })

  test('a truncated dump says so plainly beside whatever else was found', () => {
    const dump = { ...knowledge().dump, truncated: true, physicalPages: { expected: 1000, present: 400 } }
    const { verdict, findings } = judge(knowledge({ dump }))
    expect(verdict).toBe('culprit')
    expect(findings[1]).toMatchObject({ kind: 'dump-quality', status: 'information' })
    expect(findings[1].summary).toContain('600 of 1,000 pages (60 %)')
  })

  test('a truncated dump that tells nothing says first that it is truncated', () => {
    const dump = { ...knowledge().dump, truncated: true, physicalPages: { expected: 1000, present: 2 } }
    const { verdict, headline } = judge(knowledge({ dump, memory: null, pool: null, imports: null }))
    expect(verdict).toBe('not-determinable')
    expect(headline).toMatch(/^The dump is truncated: .* 998 of 1,000 pages \(over 99 %\) are missing\.$/)
  })
})
