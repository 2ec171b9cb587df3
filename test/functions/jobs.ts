import { type DumpStagePorts, dumpStage } from '../../functions/aws/dump-stage.ts'
import type { StageJob } from '../../functions/aws/stage-runner.ts'
import { headerJob } from '../../functions/header/stage.ts'
import { importsJob } from '../../functions/imports/stage.ts'
import { poolJob } from '../../functions/pool/stage.ts'
import { shardJob } from '../../functions/scan/shard.ts'
import { type UnpackPorts, unpackJob } from '../../functions/unpack/stage.ts'
import { verdictJob } from '../../functions/verdict/stage.ts'
import { assertWithin } from '../../shared/bytes/short-read.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import type { Stage } from '../../shared/cases/stage.ts'
import type { HeaderResult } from '../../shared/stages/results.ts'
import { memoryUnpackStorage } from './memory-unpack-storage.ts'

export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (offset, length) => {
    assertWithin(offset, length, bytes.length)
    return bytes.subarray(offset, offset + length)
  },
})

export type Jobs = Record<Stage, (ports: DumpStagePorts & UnpackPorts) => StageJob> & {
  readonly scan: (ports: DumpStagePorts, shard: number) => StageJob
}
export const realJobs: Jobs = {
  unpack: unpackJob,
  header: headerJob,
  pool: (ports) => poolJob(ports),
  scan: (ports, shard) => shardJob(ports, shard),
  imports: importsJob,
  verdict: verdictJob,
}

/** Ports of stages that read a dump, where nothing is packed. */
export const neverPacked = (ports: DumpStagePorts): DumpStagePorts & UnpackPorts => ({
  ...ports,
  openUpload: ports.open,
  storage: memoryUnpackStorage().storage,
})

/** Stages that find nothing in a dump with memory: for tests of the way from one to the next. */
const common = { coverage: [], transcript: [] }
export const header: Omit<HeaderResult, 'cost'> = {
  dump: {
    bytes: 8192,
    format: 'full',
    architecture: 'x64',
    build: 7601,
    machine: 'AMD64',
    processors: 4,
    bugcheck: null,
    crashedAt: null,
    uptimeSeconds: null,
    truncated: false,
    physicalPages: { expected: 2, present: 2 },
  },
  modules: [],
  unloadedModules: [],
  memory: null,
  ...common,
}
const pool = { pool: null, contents: [], ...common }
const imports = {
  allocators: [],
  importers: [],
  readBytes: {},
  importTables: {},
  kernelExports: 'read' as const,
  searchedTags: [],
  tagUses: [],
  code: {},
  objects: [],
  processes: [],
  processesNote: null,
  searchNote: null,
  ...common,
}
/** A stage that reads so many bytes and has this result. */
export const reading =
  <R>(length: number, result: R) =>
  async (source: ByteSource): Promise<R> => {
    await source.read(0, length)
    return result
  }
export const emptyJobs = (changes: Partial<Jobs> = {}): Jobs => ({
  unpack: unpackJob,
  header: (ports) => dumpStage('header', ports, reading(100, header)),
  pool: (ports) => dumpStage('pool', ports, reading(8192, pool)),
  scan: (ports, shard) => shardJob(ports, shard),
  imports: (ports) => dumpStage('imports', ports, async () => imports),
  verdict: verdictJob,
  ...changes,
})

/**
 * Stages whose scan follows in a further analysis and is divided into so many shards; each reads a little, and what the
 * shards found is told in the result's coverage. `scan` may fail for a shard.
 */
export const dividedJobs = (shards: number, scan: (shard: number) => Promise<void> = async () => {}): Jobs =>
  emptyJobs({
    header: (ports) =>
      dumpStage('header', ports, reading(100, { ...header, dump: { ...header.dump, bytes: 8 * 2 ** 30 } })),
    pool: (ports) =>
      poolJob(ports, {
        whole: reading(100, { ...pool, scanFollows: true as const }),
        divide: reading(100, {
          plan: {
            brief: { build: 7601, pointerBytes: 8 as const, knownKeys: null, sampledKeys: null, modules: [] },
            shards: Array.from({ length: shards }, (_, shard) => [{ fileOffset: shard * 64, pages: shard + 1 }]),
          },
        }),
        fold: async (source, _header, _options, { parts, lost }) => {
          await source.read(0, 100)
          const readBytes = parts.reduce((sum, { pagesScanned }) => sum + pagesScanned, 0)
          return {
            ...pool,
            coverage: [{ area: 'pool scan', wantedBytes: 100, readBytes, note: lost.reasons.join(' ') }],
          }
        },
      }),
    scan: (ports, shard) =>
      shardJob(ports, shard, async (source, _brief, [{ fileOffset, pages }]) => {
        await source.read(fileOffset, 64)
        await scan(shard)
        return { pagesScanned: pages, typed: 0, marked: 0, formats: [] }
      }),
  })
