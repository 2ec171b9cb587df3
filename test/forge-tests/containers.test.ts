import { beforeAll, describe, expect, test } from 'vitest'
import { type Container, containers, containersFor } from '../forge/container/container.ts'
import type { Dump } from '../forge/container/dump.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import { samplesOf } from '../forge/samples.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { exportsOf, kdbgSlot, modulesOf, openDump, type Reader } from './reader.ts'

const filler = 0x45474150

/** The machines of the matrix in every container with pages, as the reader of the reference sees them. */
describe.each(matrixMachines)('$name', (scenario) => {
  const { width, build } = scenario.layout
  const at = (narrow: number, wide: number): number => (width === 4 ? narrow : wide)
  let machine: Machine
  beforeAll(() => {
    machine = buildMachine(scenario)
  })
  const address = (va: bigint): bigint => (width === 4 ? va & 0xffffffffn : va)

  const withPages = containersFor(scenario.layout).filter((name) => !['triage', 'header-only'].includes(name))
  describe.each(withPages)('as %s', (name) => {
    const container: Container = containers[name]
    let dump: Dump
    let file: Buffer
    let reader: Reader
    beforeAll(() => {
      dump = dumpOf(machine, container)
      file = Buffer.concat(dump.pieces)
      reader = openDump(file, scenario.paging.name)
    })

    test('names its machine and its type, leaves the rest to the filler, and holds every page it lists', () => {
      const type = 'dumpType' in container ? container.dumpType : container.kind === 'summary' ? 2 : 1
      expect(file.readUInt32LE(at(0x20, 0x30))).toBe(scenario.paging.machine)
      expect(file.readUInt32LE(0xc)).toBe(build)
      expect(file.readUInt32LE(at(0xf88, 0xf98))).toBe(type)
      expect(Number(file.readBigUInt64LE(0xfa0))).toBe(file.length)
      for (const unset of [at(0x3c, 0x60), at(0x820, 0xfb0), at(0x8a0, 0x1050), at(0xf8c, 0x1038)])
        expect(file.readUInt32LE(unset)).toBe(filler)
      const pages = reader.runs.reduce((sum, run) => sum + run.pages, 0)
      expect(pages).toBe(dump.runs.reduce((sum, run) => sum + run.pages, 0))
      expect(file.length).toBe(Math.min(...reader.runs.map(({ offset }) => offset)) + pages * 0x1000)
    })

    test('holds at every sampled address what the truth says', () => {
      const wrong = samplesOf(machine, dump).filter((sample) => {
        const where = address(BigInt(sample.address))
        const found = reader.page(where)
        // The reader does not follow prototype PTEs.
        if (typeof found === 'string') return found !== ('reason' in sample ? sample.reason : 'prototype')
        return 'reason' in sample || reader.read(where, sample.bytes.length / 2).toString('hex') !== sample.bytes
      })
      expect(wrong.filter((sample) => !('throughPrototype' in sample))).toEqual([])
    })
  })

  test('has its modules, exports and KDBG where its build has them', () => {
    const reader = openDump(Buffer.concat(dumpOf(machine, containers.full).pieces), scenario.paging.name)
    const { images, variables } = machine
    const modules = modulesOf(reader)
    expect(modules.map(({ name, size, checksum, timestamp }) => ({ name, size, checksum, timestamp }))).toEqual(
      images.all.map(({ spec, sizeOfImage }) => ({
        ...{ name: spec.name, size: sizeOfImage, checksum: spec.checksum, timestamp: spec.timestamp },
      })),
    )
    const [nt] = modules
    expect(reader.u16(nt.base + BigInt(reader.u32(nt.base + 0x3cn)) + 4n)).toBe(scenario.paging.machine)
    const symbol = (name: string): bigint => nt.base + BigInt(variables.va(name) - images.nt.spec.base)
    expect(kdbgSlot(reader, 0x18)).toBe(nt.base)
    expect(reader.u32(symbol('KdDebuggerDataBlock') + 0x14n)).toBe(scenario.layout.kdbgSize)
    expect(kdbgSlot(reader, 0x1b8)).toBe(symbol('PoolTrackTable'))
    expect(kdbgSlot(reader, 0x1a8)).toBe(scenario.layout.kdbgWithoutCounters ? 0n : symbol('MmAvailablePages'))
    expect(exportsOf(reader, nt.base).get('PsProcessType')).toBe(symbol('PsProcessType'))
    // Where KDBG tells the self-map's place, the entry that maps nt's header is seen there.
    if (width === 4 || scenario.layout.kdbgSize < 0x368) return
    const page = BigInt.asUintN(scenario.paging.name === 'x64-la57' ? 57 : 48, nt.base) >> 12n
    const seen = reader.pointer(kdbgSlot(reader, 0x360) + page * 8n)
    const frame = Number((seen & 0xffffffff000n) >> 12n)
    expect(seen & 1n).toBe(1n)
    expect(reader.physical(frame)?.toString('latin1', 0, 2)).toBe('MZ')
  })
})
