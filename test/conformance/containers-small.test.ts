import { beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { decodeContext } from '../../shared/dump/context.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import type { Triage } from '../../shared/dump/triage.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { containers } from '../forge/container/container.ts'
import { cutDump, type Dump } from '../forge/container/dump.ts'
import type { TriageFacts } from '../forge/container/triage-dump.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import { triageOf } from '../forge/machine/triage.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { hexVa } from '../forge/words.ts'

/** Dumps that hold lists instead of memory, of every machine of the matrix. */
describe.each(matrixMachines)('$name', (scenario) => {
  const { width } = scenario.layout
  let machine: Machine
  beforeAll(() => {
    machine = buildMachine(scenario)
  })
  const address = (va: number): string => hexVa(va, width)
  const hex = (value: bigint): string => `0x${value.toString(16)}`

  describe('as triage', () => {
    let dump: Dump
    let file: Buffer
    let truth: TriageFacts
    let triage: Triage
    beforeAll(async () => {
      dump = dumpOf(machine, containers.triage)
      file = Buffer.concat(dump.pieces)
      truth = triageOf(machine)
      const opened = await openDump(bufferSource(file))
      if (opened.kind !== 'triage') throw new Error(`The dump was opened as ${opened.kind}.`)
      expect(opened.truncated).toBe(false)
      triage = opened.triage
    })

    test('lists drivers and unloaded drivers, whose names are cut to 12 characters', () => {
      expect(triage.notes).toEqual([])
      expect(triage.drivers.map((driver) => ({ ...driver, base: hex(driver.base) }))).toEqual(
        truth.drivers.map(({ path, base, size, checksum, timestamp }) => ({
          ...{ path, base: address(base), size, checksum, timestamp },
        })),
      )
      expect(triage.unloaded.map(({ name, start, end }) => ({ name, start: hex(start), end: hex(end) }))).toEqual(
        truth.unloaded.map(({ name, start, end }) => ({
          ...{ name: name.slice(0, 12), start: address(start), end: address(end) },
        })),
      )
    })

    test('keeps the copy of KDBG and every data block as they were in memory', () => {
      expect(Buffer.from(triage.debuggerData ?? []).equals(truth.kdbg)).toBe(true)
      const blocks = triage.dataBlocks.map(({ address: va, fileOffset, size }) => ({
        va: hex(va),
        bytes: file.toString('hex', fileOffset, fileOffset + size),
      }))
      expect(blocks).toEqual(truth.blocks.map(({ va, bytes }) => ({ va: address(va), bytes: bytes.toString('hex') })))
    })

    test('tells the fault’s context from the one of KeBugCheckEx', () => {
      const { instructionPointer, stackPointer } = machine.facts
      const found = triage.contexts.map(({ origin, bytes }) => {
        const context = decodeContext(bytes)!
        return { origin, ip: hex(context.instructionPointer), sp: hex(context.stackPointer) }
      })
      const sp = address(stackPointer)
      expect(found).toEqual([
        { origin: 'header', ip: address(instructionPointer), sp },
        { origin: 'data block', ip: address(instructionPointer + 0x20), sp },
      ])
    })

    test('passes the header stage', async () => {
      const { dump: facts, modules } = await headerStage(bufferSource(file), {})
      expect(facts).toMatchObject({ format: 'triage', build: scenario.layout.build, truncated: false })
      expect(modules.map(({ name }) => name)).toEqual(truth.drivers.map(({ path }) => path.replace(/^.*\\/, '')))
    })

    test('cut anywhere behind its header, it says what is missing and lists the rest', async () => {
      const header = width === 4 ? 0x1000 : 0x2000
      for (const share of [0.02, 0.1, 0.3, 0.6, 0.95]) {
        const length = header + 0x80 + Math.floor((dump.bytes - header - 0x100) * share)
        const opened = await openDump(bufferSource(Buffer.concat(cutDump(dump, length).pieces)))
        if (opened.kind !== 'triage') throw new Error(`The dump was opened as ${opened.kind}.`)
        expect(opened.truncated).toBe(true)
        for (const [index, driver] of opened.triage.drivers.entries())
          expect([null, truth.drivers[index].path]).toContain(driver.path)
      }
    })
  })

  test('as header-only tells what the header tells', async () => {
    const file = Buffer.concat(dumpOf(machine, containers['header-only']).pieces)
    expect((await openDump(bufferSource(file))).kind).toBe('header-only')
    const { dump, modules } = await headerStage(bufferSource(file), {})
    expect(dump).toMatchObject({
      format: 'header-only',
      build: scenario.layout.build,
      processors: scenario.processors,
      crashedAt: scenario.crashedAt,
    })
    expect(modules).toEqual([])
  })
})
