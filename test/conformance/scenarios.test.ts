import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { SymbolMap } from '../../shared/symbols/symbol-map.ts'
import { allocatorNames } from '../forge/data/nt-exports.ts'
import { forge } from '../forge/forge.ts'
import type { Truth } from '../forge/truth.ts'
import { seedVmLines } from '../seed.ts'
import { analyzeFile, withoutCost } from './analyze-source.ts'

/** The forge's scenarios through every stage. What is true of a dump comes from the forge, which knows no engine. */
type Case = { readonly dump: string; readonly truth: Truth; readonly symbols: SymbolMap; readonly analysis: Analysis }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dumpline-conformance-'))
})
afterAll(() => rm(folder, { recursive: true }))

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

const prepare = async (scenario: string): Promise<Case> => {
  const paths = await forge(scenario, join(folder, `${scenario}.dmp`))
  const analysis = await analyzeFile(paths.dump)
  return { dump: paths.dump, truth: await json(paths.truth), symbols: await json(paths.symbols), analysis }
}

/** Lines with runs of blanks made one, as the seed's page shows the debugger's output. */
const lines = (text: string): string[] => text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))

const output = ({ transcript }: Analysis, command: string): string[] => {
  const entry = transcript.find((one) => one.command === command)
  return entry === undefined ? [] : lines(entry.output)
}

describe('2008-nonpaged-depletion, the case of the seed', () => {
  let known: Case
  beforeAll(async () => {
    known = await prepare('2008-nonpaged-depletion')
  })

  test('names the GUID driver as the culprit of the untagged leak', () => {
    const { analysis, truth } = known
    expect(analysis.verdict).toBe('culprit')
    const [finding] = analysis.findings
    expect(finding).toMatchObject({
      kind: 'pool-leak',
      pool: 'nonpaged',
      tag: 'None',
      outstanding: 246_479,
      bytes: 50_827_424,
      status: 'culprit',
    })
    expect(finding.candidates[0]).toMatchObject({ name: truth.culprit!.module, base: '0xf50b3000' })
    expect(finding.candidates[0].confidence).toBeGreaterThanOrEqual(0.9)
    expect(finding.candidates[0].for.map((evidence) => evidence.address)).toContain('0xf50b8058')
    expect(finding.nextStep).toContain('created dynamically by its parent program')
    expect(analysis.headline).toBe(
      `NonPagedPool is 98 % used; 40 % of it is untagged; ${truth.culprit!.module} is the only driver that imports ExAllocatePool.`,
    )
  })

  test('finds the import slot and who else holds an allocator', () => {
    expect(known.analysis.importers).toContainEqual({
      module: known.truth.culprit!.module,
      base: '0xf50b3000',
      allocator: 'nt!ExAllocatePool',
      address: '0xf50b8058',
      kind: 'import-table',
      callSites: 3,
    })
    expect(known.analysis.allocators[0]).toEqual({ name: 'nt!ExAllocatePool', address: '0xe0894d1f', source: 'export' })
  })

  test('counts the pool, and leaves null with a reason what only symbols tell', () => {
    const { memory } = known.analysis
    expect(memory?.nonPagedPool).toEqual({ usedPages: 31_369, maximumPages: 31_986, excessive: true })
    expect(memory?.pagedPool).toEqual({ usedPages: 22_019, maximumPages: 38_912, pools: [19071, 735, 747, 720, 746] })
    for (const field of ['failedAllocations', 'freeSystemPtes', 'lockedIoPages'] as const) {
      expect(memory?.[field]).toBeNull()
      expect(memory?.sources[field]).toContain('ymbols')
    }
  })

  test('with symbols tells every line of the seed, and judges the same', async () => {
    const analysis = await analyzeFile(known.dump, { symbols: known.symbols })
    const { verdict, findings, memory } = analysis
    expect({ verdict, candidates: findings[0].candidates }).toEqual({
      verdict: known.analysis.verdict,
      candidates: known.analysis.findings[0].candidates,
    })
    expect(memory?.failedAllocations).toBe(3)
    expect(output(analysis, '!vm').slice(0, seedVmLines.length)).toEqual(seedVmLines)
  })

  test("shows the seed's commands in its order, with its output", () => {
    const { analysis, truth } = known
    const [name] = truth.culprit!.module.split('.sys')
    const poolused = output(analysis, '!poolused /t2 2')
    expect(poolused).toContain('None 246479 50827424 0 0 call to ExAllocatePool')
    expect(poolused).toContain('MmCm 1198 18462512 0 0 Calls made to MmAllocateContiguousMemory , Binary: nt!mm')
    expect(output(analysis, 'x nt!ExAllocatePool')).toEqual(['e0894d1f nt!ExAllocatePool'])
    // The seed's fourth word is e084011b here and e083e30a in its dps: the forge took the latter.
    expect(output(analysis, '!for_each_module s-d @#Base @#End e0894d1f')).toEqual([
      'f50b8058 e0894d1f e0828e04 e089b708 e083e30a .M..............',
    ])
    expect(output(analysis, 'dps f50b8058').slice(0, 4)).toEqual([
      'f50b8058 e0894d1f nt!ExAllocatePool',
      'f50b805c e0828e04 nt!_wcsnicmp',
      'f50b8060 e089b708 nt!ExFreePoolWithTag',
      'f50b8064 e083e30a nt!KeInitializeEvent',
    ])
    expect(output(analysis, '!dh f50b3000').join()).toMatch(
      /50[0-9A-F]{2} \[ [0-9A-F]+\] address \[size\] of Import Address Table/,
    )
    const lmi = output(analysis, '!lmi f50b8058')
    expect(lmi[0]).toBe('Loaded Module Info: [f50b8058]')
    expect(lmi).toContain(`Module: ${name}`)
    expect(lmi).toContain('Base Address: f50b3000')
    expect(lmi).toContain(`Image Name: ${truth.culprit!.module}`)

    const commands = analysis.transcript.map((entry) => entry.command)
    const order = ['!vm', '!poolused /t2 2', 'x nt!ExAllocatePool', 'dps f50b8058', '!lmi f50b8058']
    expect(commands.filter((command) => order.includes(command))).toEqual(order)
  })

  test('twice gives the same but for the cost', async () => {
    expect(withoutCost(await analyzeFile(known.dump))).toEqual(withoutCost(known.analysis))
  })
})

describe.each(['2008-nonpaged-depletion-pae', '2008-nonpaged-depletion-x64'])('%s', (scenario) => {
  let known: Case
  beforeAll(async () => {
    known = await prepare(scenario)
  })

  test('names its own driver, slot and figures', () => {
    const { analysis, truth } = known
    const culprit = truth.culprit!
    const row = truth.tags.find(({ tag }) => tag === culprit.tag)!
    expect(analysis.verdict).toBe('culprit')
    expect(analysis.findings[0]).toMatchObject({
      tag: culprit.tag,
      status: 'culprit',
      bytes: row.nonPaged.bytes,
      outstanding: row.nonPaged.outstanding,
    })
    const [candidate] = analysis.findings[0].candidates
    expect(candidate).toMatchObject({ name: culprit.module, base: culprit.base })
    expect(candidate.for.map(({ address }) => address)).toContain(culprit.slot)
    expect(analysis.memory?.nonPagedPool.usedPages).toBe(truth.memory.nonPagedPool.usedPages)
  })

  test('judges the same with symbols', async () => {
    const { verdict, findings } = await analyzeFile(known.dump, { symbols: known.symbols })
    expect(verdict).toBe('culprit')
    expect(findings[0].candidates).toEqual(known.analysis.findings[0].candidates)
  })

  test('finds every slot of an allocator that is in the dump, and nothing else outside the kernel', () => {
    expect(heldBy(known.analysis)).toEqual(truthfulHolders(known.truth))
  })
})

describe('healthy', () => {
  let known: Case
  beforeAll(async () => {
    known = await prepare('healthy')
  })

  test('is healthy, though drivers import the untagged allocator and some tag is the biggest', () => {
    expect(known.analysis.verdict).toBe('healthy')
    expect(known.analysis.headline).toMatch(/^Healthy: /)
    expect(known.analysis.findings.flatMap((finding) => finding.candidates)).toEqual([])
  })

  test('stays healthy with symbols', async () => {
    expect((await analyzeFile(known.dump, { symbols: known.symbols })).verdict).toBe('healthy')
  })

  test('finds every slot and stored pointer that is in the dump, and nothing else outside the kernel', () => {
    expect(heldBy(known.analysis)).toEqual(truthfulHolders(known.truth))
  })
})

type Held = Pick<Analysis['importers'][number], 'module' | 'address' | 'allocator' | 'kind'>

const sorted = (held: Held[]): Held[] =>
  held
    .map(({ module, address, allocator, kind }) => ({ module, address, allocator, kind }))
    .sort((a, b) => (a.address + a.allocator < b.address + b.allocator ? -1 : 1))

/** nt's own data is full of pointers into nt, of which the forge tells those of Driver Verifier's list only. */
const outsideKernel = <One extends { kind: string }>(held: readonly One[]): One[] =>
  held.filter(({ kind }) => kind !== 'kernel-own')

/** Of the routines the forge keeps account of; the analysis looks for more. */
const heldBy = ({ importers }: Analysis): Held[] =>
  sorted(outsideKernel(importers).filter(({ allocator }) => allocatorNames.includes(allocator.replace('nt!', ''))))

/** The forge names the routines without `nt!`. */
const truthfulHolders = ({ importers }: Truth): Held[] =>
  sorted(
    outsideKernel(importers)
      .filter(({ resident }) => resident)
      .map((held) => ({ ...held, allocator: `nt!${held.allocator}` }) as Held),
  )
