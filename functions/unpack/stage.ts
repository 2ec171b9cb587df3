import { countingSource } from '../../shared/bytes/counting-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { type DumpId, resultKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { UnpackResult } from '../../shared/stages/results.ts'
import { stoppable } from '../aws/dump-stage.ts'
import type { SendStage } from '../aws/stage-queues.ts'
import type { StageContext, StageJob } from '../aws/stage-runner.ts'
import { type UnpackStorage, unpack } from './unpack.ts'

export type UnpackPorts = {
  /** The upload's own bytes, packed as they are. */
  readonly openUpload: (id: DumpId, dump: DumpRecord) => ByteSource
  readonly storage: UnpackStorage
  readonly send: SendStage
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
  /** Bytes the process has used at most. */
  readonly peakMemory: () => number
}

/** What is kept of the time to finish the parts that are under way; they are 16 MiB each. */
const reserveMs = 60_000

/** Unpacks the archive that was uploaded. An archive that is refused is a result, which the header stage says on. */
export const unpackJob = (ports: UnpackPorts): StageJob => ({
  stage: 'unpack',
  resultKey: (id) => resultKey(id, 'unpack'),
  run: async (context) => {
    const { id, store, dump, workingMs, signal } = context
    const start = ports.clock()
    const source = countingSource(stoppable(ports.openUpload(id, dump), signal))
    const mostMs = workingMs - Math.min(reserveMs, workingMs / 5)
    const isOver = () => ports.clock() - start >= mostMs
    const { archive } = dump
    if (!archive) throw new Error(`The dump ${id.dumpId} is no archive.`)
    const unpacked = await unpack(ports.storage, { id, store, archive, source, isOver })
    if (unpacked.end === 'unfinished') return { unfinished: true }
    const { reads, bytes } = source.counts
    const milliseconds = Math.max(0, Math.round(ports.clock() - start))
    const cost = { bytesRead: bytes, reads, milliseconds, peakMemoryBytes: ports.peakMemory() }
    const result: UnpackResult = { refusal: unpacked.refusal, cost }
    return { result, cost }
  },
  passOn: (context) => goOn(context, ports.send),
})

/** Calls the stage itself while there is more to unpack, the header stage after that. */
const goOn = async ({ id, journey, store }: StageContext, send: SendStage): Promise<void> => {
  for (const stage of ['unpack', 'header'] as const) {
    const record = await store.stages.get({ ...id, stage })
    if (record?.status === 'queued') return send({ ...id, ...journey, stage, attempt: record.attempt })
  }
}
