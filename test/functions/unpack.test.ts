import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { runStage } from '../../functions/aws/stage-runner.ts'
import { unpackJob } from '../../functions/unpack/stage.ts'
import { unpackedPartBytes } from '../../functions/unpack/unpack.ts'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { unpackedKey } from '../../shared/cases/object-keys.ts'
import { caseStore } from '../../shared/cases/store.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { zipOf } from '../archive/packers.ts'
import { someDump } from '../archive/some-dump.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { caseRecord, ids, start, uploadedDump } from '../cases/records.ts'
import { memoryDocuments, stageMessage } from './fakes.ts'
import { bytesSource } from './jobs.ts'
import { memoryUnpackStorage } from './memory-unpack-storage.ts'

const id = { tenant: 'default', ...ids }
const key = unpackedKey(id)
const archivedDump = { ...uploadedDump, archive: { format: 'gzip' as const, multipartId: null, unpacked: null } }

/** An uploaded archive whose analysis has begun, and a worker for its first stage. */
const begun = async (archive: Uint8Array, format: 'gzip' | 'zip' = 'gzip') => {
  const store = caseStore(memoryTable(), 'default')
  const dump = { ...archivedDump, bytes: archive.length, archive: { ...archivedDump.archive, format } }
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, dump)
  const beginning = await beginAnalysis(store, dump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  const documents = memoryDocuments()
  const memory = memoryUnpackStorage()
  const sent: StageMessage[] = []
  const clock = { ms: 0 }
  let deliveries = 0
  const deliver = (message: StageMessage, changes: { storage?: object; leaseMs?: number } = {}) => {
    const job = unpackJob({
      openUpload: () => bytesSource(archive),
      storage: { ...memory.storage, ...changes.storage },
      send: async (next) => void sent.push(next),
      clock: () => clock.ms,
      peakMemory: () => 1,
    })
    const now = () => new Date(start.getTime() + clock.ms)
    const ports = { store: () => store, documents, now, tellEnd: async () => undefined }
    return runStage(job, ports, {
      message,
      messageId: `message ${++deliveries}`,
      last: false,
      leaseMs: changes.leaseMs ?? 900_000,
    })
  }
  const record = async () => (await store.dumps.get(ids))!
  const stage = () => store.stages.get({ ...ids, stage: 'unpack' })
  return { store, documents, memory, sent, clock, deliver, record, stage, beginning }
}

const bytes = Buffer.from(someDump(2.5 * unpackedPartBytes))
const archive = gzipSync(bytes, { level: 1 })
const isWhole = ({ objects }: ReturnType<typeof memoryUnpackStorage>) =>
  bytes.equals(objects.get(key)?.bytes ?? new Uint8Array())

describe('unpacking', () => {
  test('calls the next stage itself, though S3 reports the upload again when it is unpacked and not yet done', async () => {
    const { deliver, record, stage, store } = await begun(archive)
    await deliver(stageMessage('unpack'))
    // As if the worker had been killed after it pinned the dump.
    await store.stages.change({ ...ids, stage: 'unpack' }, (found) => ({ next: { ...found, status: 'queued' } }))
    const repeated = await beginAnalysis(store, await record(), {
      analysisId: 'analysis_other',
      engineVersion: '0.1.0',
      at: start,
    })
    expect(repeated).toEqual({ analysisId: ids.analysisId, first: 'unpack', waiting: true })
    expect((await stage())?.status).toBe('queued')
  })

  test('leaves the dump as an object of its own, pinned, and calls the header stage', async () => {
    const { beginning, deliver, memory, record, sent, stage } = await begun(archive)
    expect(beginning).toMatchObject({ first: 'unpack', waiting: true })
    expect(await deliver(stageMessage('unpack'))).toMatchObject({ end: 'ran' })
    expect(isWhole(memory)).toBe(true)
    expect(await record()).toMatchObject({
      bytes: archive.length,
      etag: uploadedDump.etag,
      archive: { multipartId: null, unpacked: { bytes: bytes.length, versionId: 'version 1' } },
    })
    expect(sent).toMatchObject([{ stage: 'header', attempt: 1 }])
    expect((await stage())?.cost).toMatchObject({ bytesRead: archive.length })
    // Once more changes nothing.
    expect(await deliver(stageMessage('unpack'))).toMatchObject({ end: 'settled' })
    expect(memory.counts).toMatchObject({ started: 1, puts: 3, completed: 1 })
  })

  test('goes on in another call when the time is up, and sends no part twice', async () => {
    const { clock, deliver, memory, record, sent } = await begun(archive)
    const slow = {
      putPart: (async (...args) => {
        clock.ms += 500_000
        return memory.storage.putPart(...args)
      }) satisfies typeof memory.storage.putPart,
    }
    const ends: string[] = []
    let message: StageMessage | undefined = stageMessage('unpack')
    for (; message?.stage === 'unpack'; message = sent.shift())
      ends.push((await deliver(message, { storage: slow })).end)
    expect(ends.at(-1)).toBe('ran')
    expect(ends.slice(0, -1)).toContain('unfinished')
    expect(message?.stage).toBe('header')
    expect(memory.counts).toMatchObject({ started: 1, puts: 3, completed: 1, aborted: 0 })
    expect((await record()).archive?.unpacked?.bytes).toBe(bytes.length)
    expect(isWhole(memory)).toBe(true)
  })

  test('a call that does not get a single part done fails and does not go on for ever', async () => {
    const { clock, deliver, sent } = await begun(archive)
    const stopped = {
      listParts: async () => [],
      start: async () => {
        clock.ms += 900_000
        return { key, multipartId: 'multipart' }
      },
    }
    await expect(deliver(stageMessage('unpack'), { storage: stopped })).rejects.toThrow('single part')
    expect(sent).toEqual([])
  })

  test('a worker that dies at any step is followed by one that ends with the one dump', async () => {
    const calls = ['start', 'putPart', 'complete', 'head'] as const
    for (const call of calls)
      for (const when of ['before', 'after'] as const) {
        const { clock, deliver, memory, record } = await begun(archive)
        const dying = {
          [call]: async (...args: never[]) => {
            if (when === 'after') await (memory.storage[call] as (...args: never[]) => Promise<unknown>)(...args)
            throw new Error('killed')
          },
        }
        await expect(deliver(stageMessage('unpack'), { storage: dying })).rejects.toThrow('killed')
        clock.ms += 1_000_000
        expect(await deliver(stageMessage('unpack'))).toMatchObject({ end: 'ran' })
        expect(isWhole(memory), `${call} ${when}`).toBe(true)
        expect(memory.counts.completed, `${call} ${when}`).toBe(1)
        expect((await record()).archive?.unpacked?.versionId).toBe('version 1')
      }
  })

  test('a refused archive leaves nothing in storage, and the reason for the header stage', async () => {
    const wrong = zipOf([{ content: bytes, crc: 1 }])
    const { deliver, documents, memory, record, sent } = await begun(wrong, 'zip')
    expect(await deliver(stageMessage('unpack'))).toMatchObject({ end: 'ran' })
    expect(memory.objects.size).toBe(0)
    expect(memory.uploads.size).toBe(0)
    expect((await record()).archive).toEqual({ format: 'zip', multipartId: null, unpacked: null })
    const [text] = [...documents.texts.values()]
    expect(JSON.parse(text).refusal).toMatchObject({ code: 'archive-damaged', advice: expect.stringMatching(/\S/) })
    expect(sent).toMatchObject([{ stage: 'header' }])
  })
})
