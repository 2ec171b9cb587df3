import { type DumpStagePorts, dumpStage } from '../../functions/aws/dump-stage.ts'
import type { StageJob } from '../../functions/aws/stage-runner.ts'
import { headerJob } from '../../functions/header/stage.ts'
import { importsJob } from '../../functions/imports/stage.ts'
import { poolJob } from '../../functions/pool/stage.ts'
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

export type Jobs = Record<Stage, (ports: DumpStagePorts & UnpackPorts) => StageJob>
export const realJobs: Jobs = {
  unpack: unpackJob,
  header: headerJob,
  pool: poolJob,
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
  imports: (ports) => dumpStage('imports', ports, async () => imports),
  verdict: verdictJob,
  ...changes,
})
