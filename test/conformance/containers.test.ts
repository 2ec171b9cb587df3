import { beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { type MemoryDump, openDump } from '../../shared/dump/open-dump.ts'
import type { Kernel } from '../../shared/kernel/kernel.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'
import type { VirtualMemory } from '../../shared/memory/virtual-memory.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { type Container, type ContainerName, containers, containersFor } from '../forge/container/container.ts'
import { cutDump, type Dump } from '../forge/container/dump.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import { type Sample, samplesOf } from '../forge/samples.ts'
import type { Scenario } from '../forge/scenario.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { type Truth, truthOf } from '../forge/truth.ts'

/**
 * Every architecture and build in every container that can hold it: what the engine opens is what the forge, which knows
 * no engine, says is there.
 */

/** How many addresses of each dump are compared. */
const addresses = 1000

const pagesHeld = (name: ContainerName): boolean => {
  const { kind }: Container = containers[name]
  return kind !== 'triage' && kind !== 'header-only'
}

const open = async (dump: Dump): Promise<{ bytes: Buffer; memory: MemoryDump; kernel: Kernel }> => {
  const bytes = Buffer.concat(dump.pieces)
  const source = bufferSource(bytes)
  const memory = await openDump(source)
  if (memory.kind !== 'memory') throw new Error(`The dump was opened as ${JSON.stringify(memory)}.`)
  return { bytes, memory, kernel: await openKernel(source, memory) }
}

/** What the engine reads at a sampled address: its bytes, or why there are none. */
const found = async (memory: VirtualMemory, sample: Sample): Promise<string> => {
  const length = 'bytes' in sample ? sample.bytes.length / 2 : 1
  const { bytes, gaps } = await memory.read(BigInt(sample.address), length)
  return gaps.length > 0 ? gaps[0].reason : Buffer.from(bytes).toString('hex')
}

/**
 * Where a page lies that only its prototype PTE leads to cannot always be told (x86 without PAE and ARM64: the form is not
 * known; from 17763 on an entry may be masked): the engine may say no more than that.
 */
const mayStopAtPrototype = ({ paging, layout }: Scenario): boolean =>
  paging.name === 'x86' || paging.name === 'arm64' || (paging.width === 8 && layout.build >= 17763)

/** The samples that the engine reads otherwise than the forge wrote them. */
const wrongOnes = async (memory: VirtualMemory, samples: readonly Sample[], scenario: Scenario) => {
  const wrong: { sample: Sample; found: string }[] = []
  for (const sample of samples) {
    const read = await found(memory, sample)
    if (read === ('bytes' in sample ? sample.bytes : sample.reason)) continue
    const unresolved = sample.throughPrototype === true && read === 'prototype'
    if (!unresolved || !mayStopAtPrototype(scenario)) wrong.push({ sample, found: read })
  }
  return wrong
}

const kindsOf = (samples: readonly Sample[]): Set<string> =>
  new Set(samples.map((sample) => ('reason' in sample ? sample.reason : 'present')))

const allKinds = ['present', 'not-mapped', 'paged-out', 'demand-zero', 'prototype', 'table-absent', 'not-in-dump']

describe.each(matrixMachines)('$name', (scenario) => {
  let machine: Machine
  beforeAll(() => {
    machine = buildMachine(scenario)
  })

  describe.each(containersFor(scenario.layout).filter(pagesHeld))('as %s', (container) => {
    let dump: Dump
    let truth: Truth
    let opened: Awaited<ReturnType<typeof open>>
    beforeAll(async () => {
      dump = dumpOf(machine, containers[container])
      truth = truthOf(machine, dump)
      opened = await open(dump)
    })

    test('opens as what it is, every page where the container has it', () => {
      const { memory } = opened
      const { physical } = memory
      const pages = dump.runs.reduce((sum, run) => sum + run.pages, 0)
      expect(memory).toMatchObject({ format: truth.format, truncated: false })
      expect(physical).toMatchObject({ expectedPages: pages, presentPages: pages })
      const misplaced: number[] = []
      for (const { base, pages: count } of dump.runs)
        for (let pfn = base; pfn < base + count; pfn++)
          if (physical.locate(pfn) !== dump.offsetOf(pfn)) misplaced.push(pfn)
      for (const pfn of [...machine.holes.left, 0, 2 ** 36])
        if (physical.locate(pfn) !== 'not-in-dump') misplaced.push(pfn)
      expect(misplaced).toEqual([])
    })

    test('leads to the modules and to KDBG', () => {
      const { kernel } = opened
      expect(kernel).toMatchObject({ architecture: truth.architecture, build: truth.build, modulesNote: null })
      const modules = kernel.modules.map(({ base, timestamp, checksum, ...module }) => ({
        ...module,
        base: `0x${base.toString(16)}`,
        timestamp: `0x${timestamp?.toString(16)}`,
        checksum: `0x${checksum?.toString(16)}`,
      }))
      expect(modules).toEqual(truth.modules.map(({ pdb, readBytes, ...module }) => module))
      const { kdbg, kdbgNote } = kernel
      expect(kdbgNote).toBeNull()
      expect(kdbg).toMatchObject({ size: truth.kernel.kdbgSize, foundBy: 'header' })
      expect(`0x${kdbg?.kernBase.toString(16)}`).toBe(truth.kernel.base)
      expect(`0x${kdbg?.pointer('PsActiveProcessHead')?.toString(16)}`).toBe(truth.kernel.psActiveProcessHead)
      expect(kdbg?.pointer('MmAvailablePages') === null).toBe(scenario.layout.kdbgWithoutCounters)
      // Windows XP's block ends before the structure offsets.
      expect(kdbg?.offset('SizeEProcess')).toBe(scenario.layout.build === 2600 ? null : scenario.layout.process.bytes)
    })

    test(`holds at ${addresses} addresses the bytes of the truth, or misses them for its reason`, async () => {
      const samples = samplesOf(machine, dump, addresses)
      expect(samples.length).toBeGreaterThan(addresses * 0.95)
      expect(kindsOf(samples)).toEqual(new Set(allKinds))
      expect(await wrongOnes(opened.kernel.memory, samples, scenario)).toEqual([])
    })

    test('passes the header stage', async () => {
      const { dump: facts, modules, unloadedModules } = await headerStage(bufferSource(opened.bytes), {})
      expect(facts).toMatchObject({
        bytes: dump.bytes,
        format: truth.format,
        architecture: truth.architecture,
        build: truth.build,
        processors: truth.processors,
        bugcheck: truth.bugcheck,
        crashedAt: truth.crashedAt,
        uptimeSeconds: truth.uptimeSeconds,
        truncated: false,
      })
      const described = modules.map(({ name, path, base, size, timestamp, checksum, pdb, listed }) => ({
        ...{ name, path, base, size, timestamp, checksum, pdb, listed },
      }))
      expect(described).toEqual(truth.modules.map(({ readBytes, ...module }) => ({ ...module, listed: true })))
      expect(unloadedModules.map(({ name, start, end }) => ({ name, start, end })).reverse()).toEqual(
        truth.unloadedModules.map(({ name, start, end }) => ({ name, start, end })),
      )
    })
  })

  describe.each(containersFor(scenario.layout).filter(pagesHeld))('as %s, cut off', (container) => {
    test('uses every page that is there and knows the others', async () => {
      const whole = dumpOf(machine, containers[container])
      // Inside a page, some pages before the end.
      const dump = cutDump(whole, whole.bytes - 39 * 4096 - 100)
      const { memory, kernel } = await open(dump)
      expect(memory).toMatchObject({ format: whole.format, truncated: true })
      expect(memory.physical.expectedPages - memory.physical.presentPages).toBe(40)
      const samples = samplesOf(machine, dump, addresses)
      // Which kinds are left depends on whose tables were cut off.
      const kinds = kindsOf(samples)
      for (const kind of ['present', 'not-in-dump', 'table-absent', 'beyond-end-of-file']) expect(kinds).toContain(kind)
      expect(await wrongOnes(kernel.memory, samples, scenario)).toEqual([])
    })
  })
})
