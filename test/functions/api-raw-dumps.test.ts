import { describe, expect, test } from 'vitest'
import type { ApiPorts } from '../../functions/api/ports.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { TaggedError } from '../../shared/bytes/tagged-error.ts'
import type { AuditEvent } from '../../shared/cases/audit.ts'
import { resultKey } from '../../shared/cases/object-keys.ts'
import { DumpDownload, MemoryView } from '../../shared/cases/raw-dump-api.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { analysisRecord, caseRecord, ids, queuedStage, someCost, uploadedDump } from '../cases/records.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { expectProblem, prepare } from './api-under-test.ts'

const path = `/api/cases/${ids.caseId}/dumps/${ids.dumpId}`

const machine = handMadeKernel('x86', [{ name: 'leaky.sys', base: 0xf6000000n, image: { size: 0x2000 } }])
machine.u32(0xf6001000n, 0xe0801234)
const file = Buffer.from(machine.file())

const withDump = async (changes: Partial<DumpRecord> = {}, bytes: Uint8Array = file) => {
  const dumps: ApiPorts['dumps'] = {
    open: () => bufferSource(bytes),
    link: async (id, { versionId }, fileName) => `https://storage.example/${id.dumpId}?${versionId}&${fileName}`,
  }
  const api = prepare({ dumps })
  await api.store.cases.insert(ids, caseRecord)
  await api.store.dumps.insert(ids, { ...uploadedDump, bytes: bytes.length, ...changes })
  const events = () =>
    [...api.table.items.values()]
      .filter(({ sk }) => sk.startsWith('audit#'))
      .map(({ record }) => record as AuditEvent)
      .map(({ action, actor, statement }) => `${actor}: ${action}: ${statement}`)
  const look = (query: Record<string, string | undefined>) => api.call('GET', `${path}/memory`, undefined, query)
  return { ...api, events, look }
}

describe('memory', () => {
  test('is shown as the debugger shows it, and the look is recorded', async () => {
    const { look, events } = await withDump()
    const { status, body } = await look({ address: '0xf6001000', length: '6' })
    expect(status).toBe(200)
    const { command, output } = MemoryView.parse(body)
    expect(command).toBe('dps f6001000 L2')
    expect(output.split('\n')[0]).toMatch(/^f6001000 {2}e0801234 nt\+0x1234$/)
    expect(events()).toEqual(['local: memory.viewed: Memory of MEMORY.DMP was looked at: 6 bytes from 0xf6001000 on.'])
    expect((await look({ address: '0xf6001000', length: '4', as: 'db' })).body.output).toMatch(
      /^f6001000 {2}34 12 80 e0/,
    )
  })

  test('that is not in the dump is question marks', async () => {
    const { look } = await withDump()
    const { output } = (await look({ address: '0xe1000000', length: '8', as: 'dd' })).body
    expect(output).toBe('e1000000  ???????? ????????')
  })

  test('is found with what the header stage left, where there is something', async () => {
    const known = await withDump({ currentAnalysisId: ids.analysisId })
    await known.store.analyses.insert(ids, analysisRecord)
    const stage = { ...ids, stage: 'header' as const }
    await known.store.stages.insert(stage, { ...queuedStage, ...stage, status: 'done' })
    // It knows of no modules, and so no name stands beside the word.
    const header = { ...(await headerStage(bufferSource(file), {})), modules: [], cost: someCost }
    known.documents.texts.set(resultKey({ tenant: 'default', ...ids }, 'header'), JSON.stringify(header))
    expect((await known.look({ address: '0xf6001000', length: '4' })).body.output).toBe('f6001000  e0801234')
  })

  test('is not shown without bounds, nor of what is no dump, not uploaded or gone', async () => {
    const { look, events } = await withDump()
    for (const query of [{}, { address: 'nt' }, { address: '0x1; !poolfind None' }, { address: `0x${'f'.repeat(17)}` }])
      expectProblem(await look(query), 400, 'invalid-request')
    for (const query of [{ length: '0' }, { length: '4097' }, { as: 'u' }])
      expectProblem(await look({ address: '0x1000', ...query }), 400, 'invalid-request')
    expect(events()).toEqual([])
    const picture = await withDump({}, Buffer.from('89504e470d0a1a0a', 'hex'))
    expectProblem(await picture.look({ address: '0x1000' }), 409, 'not-readable')
    const uploading = await withDump({ status: 'uploading' })
    expectProblem(await uploading.look({ address: '0x1000' }), 409, 'not-uploaded')
    const open = () => {
      throw new TaggedError('dump-gone', 'It is gone.', 'Upload it again.')
    }
    const lost = await withDump()
    const { call } = prepare({ store: () => lost.store, dumps: { open, link: async () => '' } })
    expectProblem(await call('GET', `${path}/memory`, undefined, { address: '0x1000' }), 410, 'dump-gone')
  })
})

describe('a download', () => {
  test('is a link to the pinned version, under a name of ours, and recorded', async () => {
    const { call, events } = await withDump({ fileName: '"\r\nx: y' })
    const { status, body } = await call('POST', `${path}/downloads`)
    expect(status).toBe(201)
    expect(DumpDownload.parse(body)).toMatchObject({
      url: `https://storage.example/${ids.dumpId}?v1&${ids.dumpId}.dmp`,
      bytes: file.length,
    })
    expect(events()).toHaveLength(1)
    expect(events()[0]).toContain('local: dump.downloaded: ')
  })

  test('is of a dump that is there', async () => {
    const { call } = await withDump({ status: 'aborted' })
    expectProblem(await call('POST', `${path}/downloads`), 409, 'not-uploaded')
    expectProblem(await call('POST', `${path.slice(0, -1)}9/downloads`), 404, 'not-found')
  })
})
