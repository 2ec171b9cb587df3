import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { isTagged } from '../../shared/bytes/tagged-error.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { measured } from '../../shared/stages/measured.ts'
import { HeaderResult } from '../../shared/stages/results.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }
const stage = async (bytes: Uint8Array) => HeaderResult.parse({ ...(await headerStage(bufferSource(bytes), {})), cost })
const output = (result: HeaderResult, command: string): string[] =>
  result.transcript.find((entry) => entry.command === command)?.output.split('\n') ?? []

const guid = '{6C2B1E0A-0D6B-4F0B-9B0D-3A2F5E7C8D90}.sys'

describe('the header stage on a dump with memory', () => {
  const machine = () => {
    const made = handMadeKernel('x86', [
      { name: guid, base: 0xf50b3000n, image: { size: 0x6000, timestamp: 0x47ea0000, checksum: 0x9999 } },
    ])
    const lab = made.fresh(64)
    made.text(lab, '3790.srv03_sp2_gdr.080813-1204')
    made.slot(0x208, lab)
    made.variable(0x268, 0x200n)
    return made
  }

  test('tells the facts of the dump', async () => {
    const file = machine().file()
    const result = await stage(file)
    expect(result.dump).toEqual({
      bytes: file.length,
      build: 3790,
      machine: 'x86 compatible',
      processors: 4,
      bugcheck: { code: '0xd1', name: 'DRIVER_IRQL_NOT_LESS_OR_EQUAL', parameters: ['0x0', '0x1', '0x2', '0x3'] },
      crashedAt: '2008-03-26T10:30:00.000Z',
      uptimeSeconds: 86400,
      format: 'full',
      architecture: 'x86',
      truncated: false,
      physicalPages: { expected: (file.length - 0x1000) / 4096, present: (file.length - 0x1000) / 4096 },
    })
  })

  test('prefers what an image says of itself to what the list says', async () => {
    const { modules } = await stage(machine().file())
    expect(modules).toMatchObject([
      { name: 'ntoskrnl.exe', base: '0xe0800000', size: 0x40000, listed: true },
      { name: guid, base: '0xf50b3000', size: 0x6000, timestamp: '0x47ea0000', checksum: '0x9999', pdb: null },
    ])
  })

  test('shows what the debugger would', async () => {
    const result = await stage(machine().file())
    expect(result.transcript.map(({ command }) => command)).toEqual(['vertarget', '.bugcheck', 'lm', '!vm'])
    expect(output(result, 'vertarget')).toEqual([
      'Windows Server 2003 Kernel Version 3790 (Service Pack 2) MP (4 procs) Free x86 compatible',
      'Built by: 3790.srv03_sp2_gdr.080813-1204',
      expect.stringMatching(/^Kernel base = 0xe0800000 PsLoadedModuleList = 0xe081[0-9a-f]{4}$/),
      'Debug session time: Wed Mar 26 10:30:00.000 2008 (UTC + 0:00)',
      'System Uptime: 1 days 0:00:00.000',
    ])
    expect(output(result, '.bugcheck')).toEqual([
      'Bugcheck code 000000D1',
      'Arguments 00000000 00000001 00000002 00000003',
    ])
    expect(output(result, 'lm').slice(0, 3)).toEqual([
      'start    end        module name',
      'e0800000 e0840000   nt         (no symbols)           ntoskrnl.exe',
      `f50b3000 f50b9000   ${guid.slice(0, -4)} (no symbols)           ${guid}`,
    ])
  })

  test('that was cut off says how much of it is missing, and never calls what it cannot read absent', async () => {
    const file = machine().file()
    const result = await stage(file.subarray(0, 0x3000))
    expect(result.dump).toMatchObject({ truncated: true, physicalPages: { present: 2 } })
    expect(result.modules).toEqual([])
    expect(result.coverage[0]).toMatchObject({ readBytes: 8192, note: expect.stringContaining('cut off') })
    expect(output(result, 'lm').join()).toContain('not in the dump')
  })
})

test('a stage that is measured tells what it read', async () => {
  const file = handMadeKernel('x64').file()
  let time = 1000
  const clock = () => {
    time += 250
    return time
  }
  const { result, cost } = await measured(
    bufferSource(file),
    clock,
    (source) => headerStage(source, {}),
    () => 12_345,
  )
  expect(result.dump.build).toBe(7601)
  expect(cost).toMatchObject({ milliseconds: 250, peakMemoryBytes: 12_345 })
  expect(cost.bytesRead).toBeGreaterThan(0)
  expect(cost.bytesRead).toBeLessThanOrEqual(2 * file.length)
  expect(cost.reads).toBeLessThan(10)
})

describe('the header stage on a file that lies', () => {
  const machines = (['x86', 'x86-pae', 'x64'] as const).map((mode) => {
    const made = handMadeKernel(mode, [
      { name: 'a.sys', base: mode === 'x64' ? 0xfffff88001000000n : 0xf5000000n, image: {} },
    ])
    const descriptor = made.fresh(0x140)
    made.slot(0x1c0, descriptor)
    made.variable(0x220, made.fresh(0x800))
    for (const offset of [0xf8, 0x100, 0x140, 0x150, 0x1a8, 0x70]) made.variable(offset, 5n)
    return made.file()
  })

  /** A result or a tagged error: nothing else may come of any bytes. */
  const survives = async (bytes: Uint8Array): Promise<void> => {
    try {
      await stage(bytes)
    } catch (error) {
      if (!isTagged(error)) throw error
    }
  }
  const machine = fc.constantFrom(...machines)

  test('cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(machine, fc.double({ min: 0, max: 1, noNaN: true }), (file, part) =>
        survives(file.subarray(0, Math.floor(file.length * part))),
      ),
      { numRuns: 100 },
    )
  })

  test('with any words changed', async () => {
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff, 0x45474150)),
    )
    await fc.assert(
      fc.asyncProperty(machine, fc.array(change, { minLength: 1, maxLength: 40 }), async (file, changes) => {
        const copy = file.slice()
        const view = new DataView(copy.buffer)
        for (const [part, value] of changes) view.setUint32(Math.floor(((copy.length - 8) * part) / 4) * 4, value, true)
        await survives(copy)
      }),
      { numRuns: 300 },
    )
  })

  test('with bits flipped in the header and in the structures', async () => {
    await fc.assert(
      fc.asyncProperty(
        machine,
        fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 60 }),
        async (file, flips) => {
          const copy = file.slice()
          const filled = [...copy.keys()].filter((index) => copy[index] !== 0)
          for (const [where, bit] of flips) copy[filled[where % filled.length]] ^= 1 << bit
          await survives(copy)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe.skipIf(withoutSharedData())('the header stage on real dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', 19041, 'x64', '0x1000007e', 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED', 151, 4],
    ['triage-arm64-22000.dmp', 22000, 'arm64', '0x1c8', 'MANUALLY_INITIATED_POWER_BUTTON_HOLD', 245, 11],
  ] as const)('%s', async (file, build, architecture, code, name, drivers, unloaded) => {
    await using source = await openFileSource(sharedFile('dumps', file))
    const result = HeaderResult.parse({ ...(await headerStage(source, {})), cost })
    expect(result.dump).toMatchObject({
      format: 'triage',
      build,
      architecture,
      truncated: false,
      bugcheck: { code, name },
    })
    expect(result.modules.length).toBe(drivers)
    expect(result.modules[0]).toMatchObject({ name: 'ntoskrnl.exe', listed: true })
    expect(result.unloadedModules.length).toBe(unloaded)
    expect(result.memory).toBeNull()
    expect(output(result, 'lm').length).toBe(1 + drivers + 2 + unloaded)
  })

  test('the full dump that was cut off says so', async () => {
    await using source = await openFileSource(sharedFile('dumps', 'full-x64-19045-truncated.dmp'))
    const result = HeaderResult.parse({ ...(await headerStage(source, {})), cost })
    expect(result.dump).toMatchObject({
      format: 'full',
      build: 19045,
      architecture: 'x64',
      truncated: true,
      physicalPages: { expected: 523_910, present: 2 },
      crashedAt: '2024-10-12T12:57:59.711Z',
    })
    expect(result.modules).toEqual([])
    expect(result.coverage[0].note).toContain('523908 of 523910 pages')
  })

  test('a triage dump with bits flipped gives a value or a tagged error', async () => {
    const file = new Uint8Array(readFileSync(sharedFile('dumps', 'triage-x64-19041.dmp')))
    // Where the headers, the lists and their strings lie.
    const interesting = [
      [0, 0x100],
      [0xf80, 0x60],
      [0x2000, 0x200],
      [0x10828, 0x9000],
    ] as const
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...interesting), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 30 }),
        async (changes) => {
          const copy = file.slice()
          for (const [[start, length], where, value] of changes) copy[start + (where % length)] = value
          try {
            await headerStage(bufferSource(copy), {})
          } catch (error) {
            if (!isTagged(error)) throw error
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})
