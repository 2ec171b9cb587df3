import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { isTagged } from '../../shared/bytes/tagged-error.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { containers, containersFor } from '../forge/container/container.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine } from '../forge/machine/machine.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'

/**
 * Every container with bits flipped in all that describes it, and cut anywhere: opening ends in a value or a tagged error,
 * places no page outside the file or twice, and reads no more than a few times what there is.
 */
const machines = ['x86-3790', 'x64-19041'].map((name) => matrixMachines.find((machine) => machine.name === name)!)

/** Reads of a whole header stage: what a list of 4,096 modules may cost beside the file's own size. */
const mostReads = 20_000

const check = async (bytes: Uint8Array): Promise<void> => {
  const source = countingSource(bufferSource(bytes))
  try {
    const dump = await openDump(source)
    if (dump.kind === 'memory') {
      let pages = 0
      let end = 0
      for (const run of dump.physical.runs()) {
        pages += run.pages
        expect(run.fileOffset).toBeGreaterThanOrEqual(end)
        end = run.fileOffset + run.pages * 4096
        expect(dump.physical.locate(run.pfn)).toBe(run.fileOffset)
      }
      expect(end).toBeLessThanOrEqual(bytes.length)
      expect(pages).toBe(dump.physical.presentPages)
      expect(pages).toBeLessThanOrEqual(dump.physical.expectedPages)
    }
    if (dump.kind === 'triage') {
      const { drivers, unloaded, dataBlocks, contexts } = dump.triage
      const entries = drivers.length + unloaded.length + dataBlocks.length + contexts.length
      expect(entries * 16).toBeLessThanOrEqual(bytes.length)
    }
    await headerStage(source, {})
  } catch (error) {
    if (!isTagged(error)) throw error
  }
  expect(source.counts.reads).toBeLessThan(mostReads)
  expect(source.counts.bytes).toBeLessThan(40 * bytes.length + 2 ** 20)
}

describe.each(machines)('$name', (scenario) => {
  const machine = buildMachine(scenario)
  describe.each(containersFor(scenario.layout))('as %s', (container) => {
    const dump = dumpOf(machine, containers[container])
    const whole = Buffer.concat(dump.pieces)
    const described = dump.pieces[0].length

    test('with bits flipped', async () => {
      // Half the flips where the lengths and offsets of the container are, half anywhere in what describes the pages.
      const header = scenario.layout.width === 4 ? 0x1000 : 0x2000
      const start = described > header ? header : 0x60
      const where = fc.oneof(fc.integer({ min: start, max: start + 0x7f }), fc.nat(described - 1))
      const flips = fc.array(fc.tuple(where, fc.nat(7)), { minLength: 1, maxLength: 24 })
      await fc.assert(
        fc.asyncProperty(flips, async (list) => {
          const bytes = Buffer.from(whole)
          for (const [at, bit] of list) bytes[at] ^= 1 << bit
          await check(bytes)
        }),
        { numRuns: 100, seed: 3 },
      )
    })

    test('cut anywhere', async () => {
      const lengths = fc.oneof(fc.nat(described), fc.nat(whole.length))
      await fc.assert(
        fc.asyncProperty(lengths, (length) => check(whole.subarray(0, length))),
        { numRuns: 50, seed: 3 },
      )
    })
  })
})
