import { beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { HeaderResult } from '../../shared/stages/results.ts'
import { build, type Forged, scenarioNamed } from '../forge/forge.ts'
import { seedVmLines } from '../seed.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }

/** The header stage against what is true of forged machines, without symbols and with them. */
describe.each(['2008-nonpaged-depletion', '2008-nonpaged-depletion-pae', '2008-nonpaged-depletion-x64', 'healthy'])(
  'the header stage on %s',
  (name) => {
    let forged: Forged
    let bare: HeaderResult
    let symbolic: HeaderResult
    let readBytes: number

    beforeAll(async () => {
      forged = build(scenarioNamed(name))
      const file = Buffer.concat(forged.pieces)
      const source = countingSource(bufferSource(file))
      bare = HeaderResult.parse({ ...(await headerStage(source, {})), cost })
      readBytes = source.counts.bytes
      symbolic = HeaderResult.parse({ ...(await headerStage(bufferSource(file), { symbols: forged.symbols })), cost })
    })

    test('tells what the dump is', () => {
      const { truth } = forged
      expect(bare.dump).toMatchObject({
        bytes: truth.bytes,
        format: 'full',
        architecture: truth.architecture,
        build: truth.build,
        processors: truth.processors,
        bugcheck: truth.bugcheck,
        crashedAt: truth.crashedAt,
        uptimeSeconds: truth.uptimeSeconds,
        truncated: false,
      })
    })

    test('lists every module, with what its own headers say of it', () => {
      // What another session maps (win32k) has no page to read: the list alone tells of it.
      const described = ({ readBytes, pdb, ...module }: (typeof forged.truth.modules)[number]) => ({
        ...module,
        pdb: readBytes === 0 ? null : pdb,
      })
      const found = bare.modules.map(({ name: file, path, base, size, timestamp, checksum, pdb }) => ({
        name: file,
        path,
        base,
        size,
        timestamp,
        checksum,
        pdb,
      }))
      expect(found).toEqual(forged.truth.modules.map(described))
      expect(bare.unloadedModules).toEqual(expect.arrayContaining(forged.truth.unloadedModules))
      expect(bare.unloadedModules.length).toBe(forged.truth.unloadedModules.length)
    })

    test('reads memory usage as the machine counts it', () => {
      const { memory } = forged.truth
      expect(bare.memory).toMatchObject({
        physicalPages: memory.physicalPages,
        availablePages: memory.availablePages,
        residentAvailablePages: memory.residentAvailablePages,
        modifiedPages: memory.modifiedPages,
        nonPagedPool: { usedPages: memory.nonPagedPool.usedPages, maximumPages: memory.nonPagedPool.maximumPages },
        pagedPool: memory.pagedPool,
        committedPages: memory.committedPages,
        commitLimitPages: memory.commitLimitPages,
        lockedIoPages: null,
        freeSystemPtes: null,
        failedAllocations: null,
      })
      expect(symbolic.memory).toMatchObject({
        lockedIoPages: memory.lockedIoPages,
        freeSystemPtes: memory.freeSystemPtes,
        freeNonPagedPtes: memory.freeNonPagedPtes,
        failedAllocations: memory.failedAllocations,
        pageFiles: memory.pageFiles,
      })
    })

    test('says where each number came from, or why there is none', () => {
      for (const [field, value] of Object.entries(bare.memory ?? {}))
        if (value === null) expect(bare.memory?.sources[field], field).toMatch(/\.$/)
    })

    test('reads little of the dump', () => {
      expect(readBytes).toBeLessThan(8 * 1024 * 1024)
    })
  },
)

test('the session of 2008 is printed as the debugger printed it', async () => {
  const forged = build(scenarioNamed('2008-nonpaged-depletion'))
  const result = await headerStage(bufferSource(Buffer.concat(forged.pieces)), { symbols: forged.symbols })
  const printed = result.transcript.find(({ command }) => command === '!vm')?.output.split('\n') ?? []
  expect(printed.slice(0, seedVmLines.length)).toEqual(seedVmLines)
})
