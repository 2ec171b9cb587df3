import { describe, expect, test } from 'vitest'
import type { Finding } from '../../shared/analysis/finding.ts'
import { containers } from '../forge/container/container.ts'
import { scenarioNamed } from '../forge/forge.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import type { Scenario } from '../forge/scenario.ts'
import type { Va } from '../forge/words.ts'
import { analyzeBytes } from './analyze-source.ts'
import { handleTablePages } from './verdict-matrix-dump.ts'
import { leakingObjects, type ObjectsLeak } from './verdict-matrix-machines.ts'

/** The question of the seed's reader, over eras: which process holds the handles to the objects that leak. */

const agent = 1840
const held: ObjectsLeak = { tag: 'Thre', objects: 360, holders: [{ pid: agent, handles: 420 }] }

const forged = (name: string, leak: ObjectsLeak, change: (scenario: Scenario) => Scenario = (same) => same) =>
  buildMachine({
    ...change(leakingObjects(scenarioNamed(name), leak)),
    name: `${name} ${leak.tag} ${leak.holders.length}`,
  })

const analyzed = async (machine: Machine, lost: readonly Va[] = []) => {
  const left = new Set(lost.flatMap((va) => machine.space.frame(Math.floor(va / 4096))?.pfn ?? []))
  const { pieces } = dumpOf({ ...machine, holes: { ...machine.holes, left } }, containers.full)
  const analysis = await analyzeBytes(Buffer.concat(pieces), {})
  const finding = analysis.findings.find(({ kind }) => kind === 'object-leak')
  return { ...analysis, finding: finding as Finding }
}

const totalsOf = ({ objects }: Machine, wanted: string) => objects.totals().find(({ tag }) => tag === wanted)!

describe.each([
  'x86-2600',
  'x86-3790',
  'x86-pae-6002',
  'x86-pae-7601',
  'x86-pae-17763',
  'x64-3790',
  'x64-6002',
  'x64-7601',
  'x64-9600',
  'x64-15063',
  'x64-17763',
  'x64-19041',
  'x64-22621',
  'x64-26100',
  'arm64-22000',
  'arm64-26100',
])('threads kept by handles, %s', (name) => {
  test('are counted as their type counts them, and the process that holds them is the culprit', async () => {
    const machine = forged(name, name.endsWith('17763') ? { ...held, objects: 620 } : held)
    const { finding, verdict, coverage, objects: users } = await analyzed(machine)
    const { objects, handles } = totalsOf(machine, 'Thre')
    expect(finding.summary).toContain(`There are ${objects} Thread objects and ${handles} handles to them`)
    expect(users?.types).toMatchObject([{ tag: 'Thre', name: 'Thread', objects, handles }])
    expect(users?.processes[0]).toMatchObject({ pid: agent, name: 'agent.exe' })
    // The 420 handles go round the leaked threads, and a few lead to the machine's own.
    const led = users?.processes[0].contents?.types.find(({ tag }) => tag === 'Thre')?.objects
    const leaked = Math.min(420, name.endsWith('17763') ? 620 : 360)
    expect(led).toBeGreaterThanOrEqual(leaked)
    expect(led).toBeLessThan(leaked + 20)
    expect(verdict).toBe('culprit')
    expect(finding.candidates[0]).toMatchObject({ kind: 'process', name: 'agent.exe', pid: agent, base: null })
    // The table also has handles to the machine's own threads; the truth's 420 are among them.
    const said = /has ([\d,]+) of the/.exec(finding.candidates[0].for[0].statement)?.[1]
    expect(Number(said)).toBeGreaterThanOrEqual(420)
    expect(Number(said)).toBeLessThan(440)
    const tables = coverage.find(({ area }) => area === 'handle tables')
    expect(tables?.readBytes).toBe(tables?.wantedBytes)
  })
})

test.each([
  ['Proc', 'x64-7601'],
  ['Even', 'x86-3790'],
  ['File', 'x64-9600'],
  ['File', 'x86-3790'],
] as const)('the holder of %s is named (%s)', async (tag, name) => {
  const objects = { Proc: 240, Even: 4200, File: 1500 }[tag]
  const { finding, verdict } = await analyzed(
    forged(name, { tag, objects, holders: [{ pid: 664, handles: objects + 30 }] }),
  )
  expect(finding.tag).toBe(tag)
  expect(verdict).toBe('culprit')
  expect(finding.candidates[0]).toMatchObject({ name: 'svchost.exe', pid: 664 })
})

test.each([
  ['Toke', 'x64-7601'],
  ['Key ', 'x86-3790'],
] as const)('objects in the paged pool, half of it paged out: the holder of %s is named (%s)', async (tag, name) => {
  const { finding } = await analyzed(
    forged(name, { tag, objects: tag === 'Toke' ? 300 : 3000, holders: [{ pid: agent, handles: 3200 }] }),
  )
  expect(finding).toMatchObject({ tag, pool: 'paged' })
  expect(finding.candidates[0]).toMatchObject({ kind: 'process', name: 'agent.exe', pid: agent })
  expect(finding.candidates.filter(({ pid }) => pid !== agent)).toEqual([])
})

test('of two processes of one name that share the handles both are named, by their ids', async () => {
  const shared = {
    ...held,
    holders: [
      { pid: 664, handles: 300 },
      { pid: 2096, handles: 310 },
    ],
  }
  const { finding, verdict } = await analyzed(forged('x64-7601', shared))
  expect(verdict).toBe('suspects')
  expect(finding.candidates.map(({ name, pid }) => [name, pid]).sort()).toEqual([
    ['svchost.exe', 2096],
    ['svchost.exe', 664],
  ])
})

test('handles of System are its own, and the next step says that a driver opened them', async () => {
  const { finding } = await analyzed(forged('x64-7601', { ...held, holders: [{ pid: 4, handles: 420 }] }))
  expect(finding.candidates[0]).toMatchObject({ name: 'System', pid: 4 })
  expect(finding.nextStep).toContain('If it is System, a driver opened them')
})

test.each(['x86-3790', 'x64-7601', 'x64-26100'])(
  'objects without handles are kept by references, and nobody is named (%s)',
  async (name) => {
    const machine = forged(name, { ...held, holders: [] })
    const { finding, verdict } = await analyzed(machine)
    const { objects, handles } = totalsOf(machine, 'Thre')
    expect(verdict).toBe('inconclusive')
    expect(finding.candidates).toEqual([])
    expect(finding.summary).toContain(`at least ${objects - handles} are kept by references without a handle`)
  },
)

describe('a table that is not whole', () => {
  const wide: ObjectsLeak = { ...held, holders: [{ pid: agent, handles: 1200 }] }

  test('names its process by the part that is there', async () => {
    const machine = forged('x64-7601', wide)
    const { finding, coverage } = await analyzed(machine, handleTablePages(agent, 0.35)(machine))
    expect(finding.candidates[0]).toMatchObject({ name: 'agent.exe', pid: agent })
    const tables = coverage.find(({ area }) => area === 'handle tables')
    expect(tables?.readBytes).toBeLessThan(tables?.wantedBytes ?? 0)
  })

  test('or, with nothing of it there, by what all others leave', async () => {
    const machine = forged('x64-7601', wide)
    const { finding } = await analyzed(machine, handleTablePages(agent)(machine))
    expect(finding.candidates[0]).toMatchObject({ name: 'agent.exe', pid: agent })
    expect(finding.candidates[0].for[0].statement).toContain('are its own')
  })

  test('of the process that holds most of them never makes a culprit of another', async () => {
    const machine = forged('x64-7601', {
      ...held,
      holders: [
        { pid: agent, handles: 250 },
        { pid: 664, handles: 900 },
      ],
    })
    const { finding } = await analyzed(machine, handleTablePages(664)(machine))
    expect(finding.candidates[0]).toMatchObject({ name: 'svchost.exe', pid: 664 })
    for (const { pid, confidence } of finding.candidates) if (pid !== 664) expect(confidence).toBeLessThanOrEqual(0.5)
  })
})

test('handles are counted over all free lists, and a table of three levels is gone through', async () => {
  const many = { ...held, holders: [{ pid: agent, handles: 140_000 }] }
  const machine = forged('x64-9600', many, (scenario) => ({
    ...scenario,
    handleFreeLists: 4,
    bigPageEntries: 2048,
  }))
  const { finding } = await analyzed(machine)
  expect(finding.candidates[0]).toMatchObject({ name: 'agent.exe', pid: agent })
  const [, said, open] =
    /has about ([\d,]+) of the .* \(4,096 of its ([\d,]+) handles/.exec(finding.candidates[0].for[0].statement) ?? []
  const truth = machine.handles.find(({ pid }) => pid === agent)!
  expect(Number(open.replaceAll(',', ''))).toBe(truth.handles)
  expect(Math.abs(Number(said.replaceAll(',', '')) - 140_000)).toBeLessThan(1500)
})
