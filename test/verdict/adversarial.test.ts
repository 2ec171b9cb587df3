import { describe, expect, test } from 'vitest'
import type { Importer } from '../../shared/analysis/importer.ts'
import type { TagUse } from '../../shared/analysis/tag-use.ts'
import { judge } from '../../shared/verdict/judge.ts'
import type { ImportSearch, Knowledge } from '../../shared/verdict/knowledge.ts'
import { contents, importer, knowledge, module, modules, searched, tag } from './knowledge.ts'

/** Machines in which an innocent driver looks guilty. Nobody innocent may get more than an even chance. */
const innocent = { name: 'decoy.sys', base: '0xf6000000' }
const guilty = { name: 'leaky.sys', base: '0xf50b3000' }
const third = { name: 'third.sys', base: '0xf6100000' }

const finding = (known: Knowledge) => judge(known).findings[0]
const confidenceOf = (known: Knowledge, { name }: { name: string }): number =>
  finding(known).candidates.find((candidate) => candidate.name === name)?.confidence ?? 0
const kindsAgainst = (known: Knowledge, { name }: { name: string }): string[] =>
  (finding(known).candidates.find((candidate) => candidate.name === name)?.against ?? []).map(({ kind }) => kind)

const imports = ({ name, base }: { name: string; base: string }, kind: Importer['kind'] = 'import-table'): Importer =>
  importer(name, base, kind, kind === 'import-table' ? 3 : null)

describe('untagged blocks, an innocent driver alone imports the routine', () => {
  const alone = (changes: Partial<Knowledge> = {}, search: Partial<ImportSearch> = {}): Knowledge =>
    knowledge({ imports: searched([imports(innocent)], search), ...changes })

  test('they point into a driver whose own pointer was not found: it fetched it at run time and forgot it', () => {
    const known = alone({ contents: [contents('None', [{ ...guilty, blocks: 40 }])] })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(finding(known).candidates[0].name).toBe(guilty.name)
  })

  test('few of them point anywhere, and none to it', () => {
    const known = alone({ contents: [contents('None', [{ ...third, blocks: 5 }])] })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(kindsAgainst(known, innocent)).toContain('contents-some-elsewhere')
  })

  test('all of them hold pointers into nt, and none to it: that says nearly nothing, and the importer stands', () => {
    const nt = { name: 'ntoskrnl.exe', base: '0xe0800000' }
    const known = alone({ contents: [contents('None', [{ ...nt, blocks: 64 }])] })
    expect(judge(known).verdict).toBe('culprit')
    expect(kindsAgainst(known, innocent)).toEqual(['contents-silent'])
  })

  test('a driver hides, and the blocks point nowhere: it may have fetched the routine and forgot it', () => {
    const hidden = { ...module('unlisted@0xf8000000', '0xf8000000'), listed: false }
    const nt = { name: 'ntoskrnl.exe', base: '0xe0800000' }
    const silent = [contents('None', [{ ...nt, blocks: 64 }])]
    const importTables = Object.fromEntries([...modules, hidden].map(({ base }) => [base, 'read' as const]))
    const known = alone({ modules: [...modules, hidden], contents: silent }, { importTables })
    expect(judge(known).verdict).toBe('suspects')
    expect(kindsAgainst(known, innocent)).toContain('hidden-drivers')

    const pointing = [contents('None', [{ ...innocent, blocks: 40 }])]
    expect(judge({ ...known, contents: pointing }).verdict).toBe('culprit')
    // What the boot loader leaves of a driver that is listed hides from nobody.
    const copy = { ...modules[1], base: '0xf8000000', listed: false }
    expect(judge({ ...known, modules: [...modules, copy] }).verdict).toBe('culprit')
  })

  test('they point to where a driver was that is unloaded now', () => {
    const gone = { name: 'gone.sys', base: '0xf8000000' }
    const unloadedModules = [{ name: 'gone.sys', start: gone.base, end: '0xf8008000', unloadedAt: null }]
    const pointing = contents('None', [{ ...gone, blocks: 40 }])
    const modulesOf = pointing.modules.map((at) => ({ ...at, unloaded: true as const }))
    const known = alone({ unloadedModules, contents: [{ ...pointing, modules: modulesOf }] })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(finding(known).candidates[0].name).toBe('gone.sys')
    expect(finding(known).candidates[0].for.map(({ kind }) => kind)).toEqual(['contents-recurring', 'unloaded'])
    expect(judge(known).verdict).toBe('suspects')
  })

  test('the import table of another driver, of very many, is not in the dump', () => {
    const many = Array.from({ length: 60 }, (_, i) => module(`d${i}.sys`, `0xf7${i + 10}0000`))
    const importTables = Object.fromEntries([...modules, ...many].map(({ base }) => [base, 'read' as const]))
    const known = alone(
      { modules: [...modules, ...many] },
      { importTables: { ...importTables, [many[7].base]: 'partly' } },
    )
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    const pointed = { ...known, contents: [contents('None', [{ ...innocent, blocks: 40 }])] }
    expect(judge(pointed).verdict).toBe('culprit')
  })

  test('the other routine without a tag was not found, as the export table is not whole', () => {
    const { allocators } = searched([])
    const lost = { allocators: allocators.slice(0, 1), kernelExports: 'partly' as const }
    expect(confidenceOf(alone({}, lost), innocent)).toBeLessThanOrEqual(0.5)
    expect(judge(alone({}, { ...lost, kernelExports: 'read' })).verdict).toBe('culprit')
  })

  test('the module list ended early, so that there are drivers nobody searched', () => {
    expect(confidenceOf(alone({}, { searchNote: 'The list ended early.' }), innocent)).toBeLessThanOrEqual(0.5)
  })

  test('other drivers import routines of it: it may have allocated for one of them, whatever the blocks point to', () => {
    const clients = { [innocent.base]: [guilty.name, third.name] }
    const known = alone({}, { clients })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(kindsAgainst(known, innocent)).toContain('serves-others')
    const pointed = { ...known, contents: [contents('None', [{ ...innocent, blocks: 40 }])] }
    expect(confidenceOf(pointed, innocent)).toBeLessThanOrEqual(0.5)
    // That it serves others clears nobody else.
    const both = [
      { ...innocent, blocks: 40 },
      { ...guilty, blocks: 40 },
    ]
    const importers = [imports(innocent), imports(guilty)]
    const shared = knowledge({ imports: searched(importers, { clients }), contents: [contents('None', both)] })
    expect(confidenceOf(shared, guilty)).toBeLessThanOrEqual(0.5)
  })

  test('a driver was unloaded that had been there for long, and the blocks point nowhere', () => {
    const dump = { ...knowledge().dump, crashedAt: '2008-03-26T12:00:00.000Z', uptimeSeconds: 100 * 3600 }
    const gone = (name: string, unloadedAt: string | null): Partial<Knowledge> => ({
      dump,
      unloadedModules: [{ name, start: '0xf8000000', end: '0xf8008000', unloadedAt }],
    })
    const late = alone(gone('gone.sys', '2008-03-25T12:00:00.000Z'))
    expect(confidenceOf(late, innocent)).toBeLessThanOrEqual(0.5)
    expect(kindsAgainst(late, innocent)).toContain('unloaded-late')
    const pointed = { ...late, contents: [contents('None', [{ ...innocent, blocks: 40 }])] }
    expect(judge(pointed).verdict).toBe('culprit')
    // Soon after the start; a driver of Windows that comes and goes; one that is loaded again; a time that is not known.
    expect(judge(alone(gone('gone.sys', '2008-03-22T09:00:00.000Z'))).verdict).toBe('culprit')
    expect(judge(alone(gone('cdrom.sys', '2008-03-25T12:00:00.000Z'))).verdict).toBe('culprit')
    expect(judge(alone(gone('Third.sys', '2008-03-25T12:00:00.000Z'))).verdict).toBe('culprit')
    expect(judge(alone(gone('gone.sys', null))).verdict).toBe('culprit')
  })

  test('it is a framework, and its client the cause', () => {
    const ndis = { name: 'ndis.sys', base: '0xf6200000' }
    const known = knowledge({
      imports: searched([imports(ndis)]),
      contents: [
        contents('None', [
          { ...ndis, blocks: 60 },
          { ...guilty, blocks: 50 },
        ]),
      ],
    })
    expect(confidenceOf(known, ndis)).toBeLessThanOrEqual(0.5)
    expect(finding(known).candidates[0].name).toBe(guilty.name)
  })
})

test('drivers of Windows that import the routine as a matter of course hide nobody', () => {
  const windows = ['ntfs.sys', 'srv.sys', 'afd.sys', 'tcpip.sys', 'http.sys'].map((name, index) =>
    module(name, `0xf71${index}0000`),
  )
  const tables = Object.fromEntries([...modules, ...windows].map(({ base }) => [base, 'read' as const]))
  const known = knowledge({
    modules: [...modules, ...windows],
    imports: searched([...windows.map((one) => imports(one)), imports(guilty)], { importTables: tables }),
  })
  expect(finding(known).candidates[0].name).toBe(guilty.name)
  expect(confidenceOf(known, guilty)).toBeGreaterThan(0.3)
  for (const one of windows) expect(confidenceOf(known, one)).toBeLessThan(0.15)
})

describe('untagged blocks, an innocent driver imports the routine beside the guilty one', () => {
  test.each(['stored-pointer', 'unlisted-import-table', 'delay-import', 'code'] as const)(
    'which holds it as %s',
    (kind) => {
      const known = knowledge({ imports: searched([imports(innocent), imports(guilty, kind)]) })
      expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
      expect(judge(known).verdict).toBe('suspects')
    },
  )

  test('which is on no list', () => {
    const hidden = { ...module('unlisted@0xf7000000', '0xf7000000'), listed: false }
    const tables = { ...searched([]).importTables, [hidden.base]: 'read' as const }
    const known = knowledge({
      modules: [...modules, hidden],
      imports: searched([imports(innocent), imports(hidden)], { importTables: tables }),
    })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(finding(known).candidates.map(({ name }) => name)).toContain(hidden.name)
    const pointed = { ...known, contents: [contents('None', [{ ...hidden, blocks: 40 }])] }
    expect(judge(pointed).verdict).toBe('culprit')
    expect(finding(pointed).candidates[0].name).toBe(hidden.name)
  })
})

const use = ({ name, base }: { name: string; base: string }, counts: Partial<TagUse>, leaked = 'Leak'): TagUse => ({
  tag: leaked,
  module: name,
  base,
  allocating: 0,
  releasing: 0,
  loaded: 0,
  compared: 0,
  loose: 0,
  data: 0,
  example: base,
  ...counts,
})

describe('blocks with a tag', () => {
  const tagged = (uses: TagUse[], changes: Partial<Knowledge> = {}, search: Partial<ImportSearch> = {}): Knowledge => {
    const leaked = uses[0]?.tag ?? 'Leak'
    return knowledge({
      pool: { ...knowledge().pool!, tags: [tag(leaked, 60_000_000, 100_000)] },
      imports: searched(
        [guilty, innocent].map(({ name, base }) => ({
          ...importer(name, base),
          allocator: 'nt!ExAllocatePoolWithTag',
        })),
        { searchedTags: [leaked], tagUses: uses, ...search },
      ),
      contents: [contents(leaked, [])],
      ...changes,
    })
  }
  const owned = (known: Knowledge, owner: string): Knowledge => ({
    ...known,
    pool: { ...known.pool!, tags: known.pool!.tags.map((row) => ({ ...row, owner })) },
  })

  test('one driver alone allocates with it: the culprit, and by which instruction', () => {
    const known = tagged([use(guilty, { allocating: 2, releasing: 1, example: '0xf50b4101' })])
    expect(judge(known).verdict).toBe('culprit')
    expect(judge(known).headline).toContain('leaky.sys is the only driver whose code uses it.')
    expect(finding(known).candidates[0].for[0]).toMatchObject({ kind: 'tag-at-call', address: '0xf50b4101' })
  })

  test('it is a suspect at even chances where no block was looked into: another may compute the tag, or be gone', () => {
    const known = tagged([use(guilty, { allocating: 2 })], { contents: [] })
    expect(judge(known).verdict).toBe('suspects')
    expect(confidenceOf(known, guilty)).toBe(0.5)
  })

  test('its characters in data or between instructions make nobody a candidate', () => {
    const known = tagged([use(innocent, { data: 50, loose: 3 })])
    expect(finding(known).candidates).toEqual([])
    expect(finding(known).summary).toContain('Its characters stand in decoy.sys')
  })

  test('a driver that frees by it is no rival of one that allocates, and at even chances at most alone', () => {
    const frees = use(innocent, { releasing: 4 })
    expect(confidenceOf(tagged([frees]), innocent)).toBeLessThanOrEqual(0.5)
    const both = tagged([frees, use(guilty, { allocating: 1 })])
    expect(confidenceOf(both, innocent)).toBeLessThan(0.15)
    expect(judge(both).verdict).toBe('culprit')
  })

  test('a driver that compares it looks at blocks of others', () => {
    expect(finding(tagged([use(innocent, { compared: 2 })])).candidates).toEqual([])
  })

  test('a driver that merely loads it is a suspect at most', () => {
    expect(judge(tagged([use(innocent, { loaded: 1 })])).verdict).toBe('suspects')
  })

  test('the only one found is at even chances while code of others is paged out', () => {
    const code = { ...searched([]).code, '0xf6200000': { wantedBytes: 0x40000, readBytes: 0x1000 } }
    const known = tagged([use(innocent, { allocating: 2 })], {}, { code })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(finding(known).candidates[0].for.map(({ kind }) => kind)).toContain('sole-carrier-of-those-read')
    const pointed = { ...known, contents: [contents('Leak', [{ ...innocent, blocks: 40 }])] }
    expect(judge(pointed).verdict).toBe('culprit')
  })

  test('nor is it above while most of the code of one small driver, or some of the kernel, is not in the dump', () => {
    const large = { wantedBytes: 0x400000, readBytes: 0x400000 }
    const code = { ...searched([]).code, '0xf6200000': large }
    const uses = [use(innocent, { allocating: 2 })]
    expect(judge(tagged(uses, {}, { code })).verdict).toBe('culprit')
    const lost = { ...code, [third.base]: { wantedBytes: 0x4000, readBytes: 0x1000 } }
    expect(confidenceOf(tagged(uses, {}, { code: lost }), innocent)).toBeLessThanOrEqual(0.5)
    const kernel = { ...code, '0xe0800000': { wantedBytes: 0x4000, readBytes: 0x3000 } }
    expect(confidenceOf(tagged(uses, {}, { code: kernel }), innocent)).toBeLessThanOrEqual(0.5)
  })

  test('of several that allocate with it nobody is above an even chance, until the blocks decide', () => {
    const uses = [use(guilty, { allocating: 1 }), use(innocent, { allocating: 9 })]
    expect(judge(tagged(uses)).verdict).toBe('suspects')
    expect(confidenceOf(tagged(uses), innocent)).toBeLessThanOrEqual(0.5)
    const pointed = tagged(uses, { contents: [contents('Leak', [{ ...guilty, blocks: 40 }])] })
    expect(judge(pointed).verdict).toBe('culprit')
    expect(finding(pointed).candidates[0].name).toBe(guilty.name)
  })

  test('blocks that point elsewhere outweigh the only use in code', () => {
    const known = tagged([use(innocent, { allocating: 2 })], {
      contents: [contents('Leak', [{ ...third, blocks: 40 }])],
    })
    expect(confidenceOf(known, innocent)).toBeLessThanOrEqual(0.5)
    expect(confidenceOf(known, third)).toBeLessThanOrEqual(0.5)
  })

  test('a tag that the kernel uses, by the table of tags or in its code, is allocated on behalf of somebody', () => {
    const byTable = owned(tagged([use(innocent, { allocating: 1 }, 'Irp ')]), 'nt!io')
    expect(confidenceOf(byTable, innocent)).toBeLessThanOrEqual(0.5)
    expect(finding(byTable).nextStep).toContain('on behalf of a driver')
    const nt = { name: 'ntoskrnl.exe', base: '0xe0800000' }
    const byCode = tagged([use(nt, { allocating: 3 }), use(innocent, { allocating: 1 })])
    expect(confidenceOf(byCode, innocent)).toBeLessThanOrEqual(0.5)
    expect(kindsAgainst(byCode, innocent)).toContain('kernel-carries')
  })

  test("the table's owner is believed of its own file, and doubted of another", () => {
    const paged = { ...searched([]).code, '0xf6200000': { wantedBytes: 0x40000, readBytes: 0x1000 } }
    const twins = [use(guilty, { loaded: 1 }), use(innocent, { loaded: 1 })]
    const known = owned(tagged(twins, {}, { code: paged }), 'leaky.sys')
    expect(confidenceOf(known, guilty)).toBeGreaterThan(confidenceOf(known, innocent))
    expect(kindsAgainst(known, innocent)).toContain('owner-elsewhere')
    expect(finding(known).candidates[0].for.map(({ kind }) => kind)).toContain('tag-owner')
  })

  test('a tag of a driver of Windows that serves others leads to the client the blocks point to, as far as any', () => {
    const ndis = { name: 'ndis.sys', base: '0xf6200000' }
    const uses = [use(ndis, { allocating: 3 }, 'NDnd')]
    const unseen = owned(tagged(uses), 'ndis.sys')
    expect(judge(unseen).verdict).toBe('suspects')
    expect(confidenceOf(unseen, ndis)).toBeLessThanOrEqual(0.5)
    const seen = owned(tagged(uses, { contents: [contents('NDnd', [{ ...guilty, blocks: 40 }])] }), 'ndis.sys')
    expect(finding(seen).candidates[0].name).toBe(guilty.name)
    expect(confidenceOf(seen, ndis)).toBeLessThan(0.5)
  })

  test('an image on no list is not spared for calling itself ndis.sys', () => {
    const hidden = { ...module('ndis.sys', '0xf7000000'), listed: false }
    const code = { ...searched([]).code, [hidden.base]: { wantedBytes: 0x1000, readBytes: 0x1000 } }
    const importTables = { ...searched([]).importTables, [hidden.base]: 'read' as const }
    const known = tagged([use(hidden, { allocating: 3 })], { modules: [...modules, hidden] }, { code, importTables })
    expect(judge(known).verdict).toBe('culprit')
    // Whose import table was not read may have had its blocks made by another's code, and so may who is gone.
    const unread = { ...importTables, [hidden.base]: 'partly' as const }
    const served = tagged(
      [use(hidden, { allocating: 3 })],
      { modules: [...modules, hidden] },
      { code, importTables: unread },
    )
    expect(judge(served).verdict).toBe('suspects')
    const moduleDoubts = { list: null, notImages: [], unloadedUnknown: true }
    expect(judge({ ...known, moduleDoubts }).verdict).toBe('suspects')
  })

  test("KMDF's default tag leads to the client it is named after, never to the framework", () => {
    const wdf = { name: 'Wdf01000.sys', base: '0xf6300000' }
    const client = { name: 'leakdisk.sys', base: '0xf6400000' }
    const binding = { ...importer(client.name, client.base), allocator: 'wdfldr!WdfVersionBind' }
    const known = tagged([], {
      modules: [...modules, module(wdf.name, wdf.base), module(client.name, client.base)],
      contents: [
        contents('Leak', [
          { ...wdf, blocks: 60 },
          { ...client, blocks: 40 },
        ]),
      ],
    })
    const bound = { ...known, imports: { ...known.imports!, importers: [...known.imports!.importers, binding] } }
    expect(finding(bound).candidates[0].name).toBe(client.name)
    expect(finding(bound).candidates[0].for.map(({ kind }) => kind)).toContain('framework-client-tag')
    expect(confidenceOf(bound, wdf)).toBeLessThanOrEqual(0.5)
  })

  test('contiguous memory is traced to the modules that import its routine, at even chances at most', () => {
    const known = tagged([], {}, { searchedTags: ['MmCm'] })
    const quota = owned({ ...known, pool: { ...known.pool!, tags: [tag('MmCm', 60_000_000, 1000)] } }, 'nt!mm')
    const contiguous = { ...imports(guilty), allocator: 'nt!MmAllocateContiguousMemory' }
    const traced = { ...quota, imports: { ...quota.imports!, importers: [contiguous] } }
    expect(finding(traced).candidates.map(({ name }) => name)).toEqual([guilty.name])
    expect(confidenceOf(traced, guilty)).toBeLessThanOrEqual(0.5)
    expect(judge(traced).verdict).toBe('suspects')
  })
})

describe('several tags stand for the pressure', () => {
  const two = (first: ReturnType<typeof tag>, second: ReturnType<typeof tag>): Knowledge =>
    knowledge({
      pool: { ...knowledge().pool!, tags: [first, second] },
      imports: searched([imports(innocent)], { searchedTags: [first.tag, second.tag] }),
      contents: ['None', first.tag, second.tag].map((name) => ({ ...contents(name, []), sampledBlocks: 16 })),
    })
  const untaggedOf = (known: Knowledge) => judge(known).findings.find((one) => one.tag === 'None')

  test('few blocks accuse nobody beside a tag of many', () => {
    const leak = tag('Leak', 50_000_000, 200_000)
    expect(untaggedOf(two(tag('None', 60_000_000, 20), leak))?.status).toBe('suspects')
    // Alone they stand for what fills the pool.
    expect(untaggedOf(two(tag('None', 60_000_000, 20), tag('Leak', 5_000_000, 200_000)))?.status).toBe('culprit')
  })

  test('nor does a smaller tag beside a bigger that nobody is found for, unless that is a cache', () => {
    const smaller = tag('None', 30_000_000, 5_000)
    expect(untaggedOf(two(tag('Leak', 60_000_000, 200_000), smaller))?.status).toBe('suspects')
    expect(untaggedOf(two(tag('MmSt', 60_000_000, 200_000, 'nt!mm'), smaller))?.status).toBe('culprit')
    expect(untaggedOf(two(smaller, tag('Leak', 29_000_000, 200_000)))?.status).toBe('culprit')
  })
})

test('that nobody was found is not said without what was not read', () => {
  const tables = { ...searched([]).importTables, [third.base]: 'partly' as const }
  const known = knowledge({ imports: searched([], { importTables: tables }) })
  expect(finding(known).summary).toContain('The import tables of 1 of 5 modules could not be read: any of them may.')
  expect(finding(knowledge({ imports: searched([]) })).summary).not.toContain('could not be read')
})

const accounted = (source: 'both' | 'scan'): Knowledge => knowledge({ pool: { ...knowledge().pool!, source } })

test('what a scan found was not counted when it was freed: nothing is said of that', () => {
  expect(finding(accounted('both')).summary).toContain('of all it ever made were freed')
  expect(finding(accounted('scan')).summary).not.toContain('freed')
})

describe('an accounting that contradicts itself blames nobody', () => {
  const booked = (nonPaged: { bytes: number; outstanding: number }, blocks: number, bytes: number): Knowledge =>
    knowledge({
      pool: {
        ...knowledge().pool!,
        source: 'both',
        tags: [tag('None', nonPaged.bytes, nonPaged.outstanding)],
        scan: { pagesScanned: 1000, blocks, tags: [{ tag: 'None', blocks, bytes }] },
      },
    })

  test('all blocks were found, and they are small', () => {
    expect(judge(booked({ bytes: 50_000_000, outstanding: 6 }, 6, 928)).verdict).toBe('suspects')
    expect(judge(booked({ bytes: 50_000_000, outstanding: 250_000 }, 246_000, 49_000_000)).verdict).toBe('culprit')
  })

  test('blocks without headers are not missed', () => {
    expect(judge(booked({ bytes: 50_000_000, outstanding: 100 }, 6, 928)).verdict).toBe('culprit')
  })

  test('no block at all, or more bytes than the pool has', () => {
    expect(judge(booked({ bytes: 50_000_000, outstanding: 0 }, 0, 0)).verdict).toBe('suspects')
    expect(judge(booked({ bytes: 500_000_000, outstanding: 250_000 }, 246_000, 490_000_000)).verdict).toBe('suspects')
  })
})
