import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { isTagged } from '../../shared/bytes/tagged-error.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { chainedPageScanner } from '../../shared/pool/scan-page.ts'
import { scanShard } from '../../shared/pool/scan-plan.ts'
import { tagCounts } from '../../shared/pool/tag-counts.ts'
import { headerStage } from '../../shared/stages/header.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { dividePool, foldPool, poolStage } from '../../shared/stages/pool.ts'
import { PoolResult } from '../../shared/stages/results.ts'
import { build, scenarioNamed } from '../forge/forge.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }
const stage = async (file: Uint8Array, options: StageOptions = {}): Promise<PoolResult> => {
  const header = await headerStage(bufferSource(file), options)
  return PoolResult.parse({ ...(await poolStage(bufferSource(file), header, options)), cost })
}

const machines = ['tiny-x86', 'tiny-x64'].map((name) => {
  const forged = build(scenarioNamed(name))
  return { name, forged, file: Buffer.concat(forged.pieces) }
})
const [x86] = machines

/** The file offset of a kernel variable, by the forge's symbols. */
const offsetOf = async (machine: typeof x86, symbol: string): Promise<number> => {
  const source = bufferSource(machine.file)
  const dump = await openDump(source)
  if (dump.kind !== 'memory') throw new Error('The forged dump holds no memory.')
  const kernel = await openKernel(source, dump)
  const place = await kernel.memory.translate(kernel.modules[0].base + BigInt(machine.forged.symbols.nt[symbol]))
  if (!place.present) throw new Error(`${symbol} is not in the dump.`)
  return place.fileOffset
}

const damaged = async (machine: typeof x86, symbol: string, bytes: Uint8Array): Promise<Uint8Array> => {
  const file = Uint8Array.from(machine.file)
  file.set(bytes, await offsetOf(machine, symbol))
  return file
}

const noteOn = (result: PoolResult, area: string): string =>
  result.coverage.find((entry) => entry.area === area)?.note ?? ''

describe('what is missing is said', () => {
  for (const machine of machines) {
    test(`no per-processor tables: the scan stands in, the tracker alone is a lower bound, ${machine.name}`, async () => {
      const file = await damaged(machine, 'ExPoolTagTables', new Uint8Array(16))
      const scanned = await stage(file)
      expect(scanned.pool).toMatchObject({ source: 'scan', lowerBound: true })
      expect(noteOn(scanned, 'per-processor pool tables')).toMatch(/not found.*1 of 2 processors/)
      const none = scanned.pool?.tags.find(({ tag }) => tag === 'None')
      const small = machine.forged.truth.scan.nonPaged.find(({ tag }) => tag === 'None')
      expect(none?.nonPaged).toMatchObject({ outstanding: small?.blocks, bytes: small?.bytes })
      const unscanned = await stage(file, { scanLimitBytes: 0 })
      expect(unscanned.pool).toMatchObject({ source: 'tracker', lowerBound: true })
      const shown = unscanned.transcript.find(({ command }) => command === '!poolused /t2 2')?.output
      expect(shown).toContain('lower bound')
    })

    test(`no tracker: the blocks in the pages tell, ${machine.name}`, async () => {
      const file = await damaged(machine, 'PoolTrackTable', new Uint8Array(8))
      const result = await stage(file)
      expect(result.pool).toMatchObject({ source: 'scan', lowerBound: true })
      expect(result.pool?.tags[0].tag).toBe('None')
      expect(result.contents[0]).toMatchObject({ tag: 'None', sampledBlocks: 512 })
      expect(noteOn(result, 'pool tracker')).toMatch(/PoolTrackTable/)
      // Nothing else tells, so a dump over the limit is scanned unasked; or later, where a first verdict comes before.
      expect(await stage(file, { scanLimitBytes: 0 })).toEqual(result)
      const first = await stage(file, { scanLimitBytes: 0, scanAtOnceBytes: 0 })
      expect(first).toMatchObject({ pool: null, scanFollows: true })
      expect(noteOn(first, 'pool scan')).toMatch(/a scan of all its pages follows/)
    })

    test(`a file cut off somewhere still gives what is there, ${machine.name}`, async () => {
      for (const share of [0.2, 0.4, 0.6, 0.8, 0.95]) {
        const { pool, coverage } = await stage(machine.file.subarray(0, Math.floor(machine.file.length * share)))
        const scan = coverage.find(({ area }) => area === 'pool scan')
        if (scan !== undefined && scan.wantedBytes > 0) expect(scan.readBytes).toBeLessThan(scan.wantedBytes)
        if (pool !== null && !pool.lowerBound) {
          const none = pool.tags.find(({ tag }) => tag === 'None')
          expect(none?.nonPaged.outstanding).toBe(
            machine.forged.truth.tags.find(({ tag }) => tag === 'None')?.nonPaged.outstanding,
          )
        }
      }
    })
  }
})

describe('blocks found and tracker', () => {
  /** The file with another tag in every block: what the pages show is not what the tracker counts. */
  const renamed = (): Uint8Array => {
    const file = Uint8Array.from(x86.file)
    const words = new Uint32Array(file.buffer)
    const scanner = chainedPageScanner(poolHeaderFormat(3790, 4), tagCounts(), null)
    for (let first = 1024; first < words.length; first += 1024)
      if (scanner.scan(words, first))
        for (let at = first; at < first + 1024; at += ((words[at] >>> 16) & 0x1ff) * 2) words[at + 1] = keyOfTag('Junk')
    return file
  }

  test('agree, as a figure', async () => {
    expect((await stage(x86.file)).pool?.scan?.agreement).toBeGreaterThan(0.9)
  })

  test('contradict each other: it is said, and what the blocks contain is not told', async () => {
    const { pool, contents, coverage } = await stage(renamed())
    expect(pool?.source).toBe('tracker')
    expect(pool?.scan?.agreement).toBeLessThan(0.5)
    expect(contents).toEqual([])
    expect(coverage.find(({ area }) => area === 'pool scan')?.note).toContain('contradict each other')
  })
})

test('a dump over the limit is scanned when asked for', async () => {
  const { pool } = await stage(x86.file, { scanLimitBytes: 0, fullScan: true })
  expect(pool?.scan?.pagesScanned).toBeGreaterThan(0)
})

describe('a scan in shards', () => {
  /** Divides the stage, scans each shard but those that are lost by itself, and folds. */
  const divided = async (file: Uint8Array, options: StageOptions, isLost: (shard: number) => boolean = () => false) => {
    const source = bufferSource(file)
    const header = await headerStage(source, options)
    const divided = await dividePool(source, header, options)
    if ('result' in divided) return { ...divided, shards: 0 }
    const { brief, shards } = JSON.parse(JSON.stringify(divided.plan)) as typeof divided.plan
    const parts = []
    // The last first: the order in which they end is not theirs.
    for (const shard of [...shards.keys()].reverse())
      if (!isLost(shard)) parts.push(JSON.parse(JSON.stringify(await scanShard(source, brief, shards[shard]))))
    const reasons = [...shards.keys()].filter(isLost).map((shard) => `Nobody scanned part ${shard}.`)
    const result = await foldPool(source, header, options, { brief, parts, lost: { of: shards.length, reasons } })
    return { result, shards: shards.length }
  }

  test.each(machines)('comes to the result of one that was not divided, $name', async ({ file }) => {
    const whole = await poolStage(bufferSource(file), await headerStage(bufferSource(file), {}), {})
    for (const shardBytes of [64 * 1024, 300_000, 2 ** 20]) {
      const { result, shards } = await divided(file, { shardBytes })
      expect(shards).toBeGreaterThan(1)
      expect(result).toEqual(whole)
    }
    expect(await divided(file, {})).toEqual({ result: whole, shards: 0 })
  })

  test('of which parts are lost is usable, and says how much of the pages it covers', async () => {
    const { result, shards } = await divided(x86.file, { shardBytes: 2 ** 18 }, (shard) => shard === 2)
    const coverage = result.coverage.find(({ area }) => area === 'pool scan')!
    expect(coverage.wantedBytes - coverage.readBytes).toBeGreaterThan(2 ** 17)
    expect(coverage.note).toContain(`Of the scan's ${shards} parts 1 could not be done`)
    expect(coverage.note).toContain('Nobody scanned part 2.')
    expect(result.pool?.scan?.blocks).toBeGreaterThan(0)
    const none = await divided(x86.file, { shardBytes: 2 ** 18 }, () => true)
    expect(none.result.pool).toMatchObject({ source: 'tracker' })
    expect(none.result.pool?.scan).toBeUndefined()
    expect(none.result.coverage.find(({ area }) => area === 'pool scan')).toMatchObject({ readBytes: 0 })
  })
})

test('progress is told', async () => {
  const told: { step: string; done: number; of: number }[] = []
  await stage(x86.file, { onProgress: (progress) => told.push(progress) })
  expect(told.at(-1)).toMatchObject({ step: 'pool scan', done: told.at(-1)?.of })
})

test('a user\u2019s pooltag.txt names tags', async () => {
  const { pool } = await stage(x86.file, { pooltag: 'Thre - ours.sys - our own threads' })
  const known = (tag: string) => pool?.tags.find((row) => row.tag === tag)
  expect(known('Thre')).toMatchObject({ owner: 'ours.sys', meaning: 'our own threads' })
  expect(known('None')).toMatchObject({ owner: null, meaning: 'call to ExAllocatePool' })
})

test('the same dump gives the same result', async () => {
  expect(await stage(x86.file)).toEqual(await stage(x86.file))
})

test('any damage ends in a result or a tagged error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...machines),
      fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 16 })), { maxLength: 200 }),
      async ({ file: whole }, damage) => {
        const file = Uint8Array.from(whole)
        for (const [at, bytes] of damage) file.set(bytes, at % (file.length - 16))
        try {
          await stage(file)
        } catch (error) {
          if (!isTagged(error)) throw error
        }
      },
    ),
    { numRuns: 25 },
  )
})

describe.skipIf(withoutSharedData())('real dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', 'EtwR'],
    ['triage-arm64-22000.dmp', 'ObNm'],
  ])('%s holds some blocks and no accounting, and says so', async (name, known) => {
    const { pool, contents, coverage } = await stage(await readFile(sharedFile('dumps', name)))
    expect(pool).toMatchObject({ source: 'scan', lowerBound: true, tags: [], bigAllocations: [] })
    // Others found 64 to 528 plausible headers in such files; random data would give one in 200,000 units, here none.
    expect(pool?.scan?.blocks).toBeGreaterThan(64)
    expect(pool?.scan?.blocks).toBeLessThan(1000)
    expect(pool?.scan?.tags.find(({ tag }) => tag === known)?.blocks).toBeGreaterThan(10)
    expect(contents).toEqual([])
    expect(coverage[0].note).toContain('no account of the pool')
  })

  test('full-x64-19045-truncated.dmp holds no pool, and says so', async () => {
    const { pool, contents, coverage } = await stage(
      await readFile(sharedFile('dumps', 'full-x64-19045-truncated.dmp')),
    )
    expect({ pool, contents }).toEqual({ pool: null, contents: [] })
    expect(coverage.some(({ note }) => note !== undefined)).toBe(true)
  })
})
