import { isTagged } from '../../../shared/bytes/tagged-error.ts'
import { type DumpId, heldResultKey } from '../../../shared/cases/object-keys.ts'
import { DumpDownload, type MemoryLayout, MemoryQuery, MemoryView } from '../../../shared/cases/raw-dump-api.ts'
import type { DumpRecord } from '../../../shared/cases/records.ts'
import { runCommand } from '../../../shared/debugger/commands.ts'
import { openTarget } from '../../../shared/stages/open-target.ts'
import { HeaderResult } from '../../../shared/stages/results.ts'
import { downloadSeconds } from '../../aws/dumps.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict, gone, notFound } from '../problem.ts'
import { recordEvent } from '../record-event.ts'
import { route } from '../route.ts'

/** The raw contents of dumps. A look is recorded before it is had. */
export const rawDumpRoutes = [
  route({
    method: 'GET',
    path: '/cases/{caseId}/dumps/{dumpId}/memory',
    permission: 'dumps:read',
    summary: 'Memory of a dump as the debugger shows it; the look is recorded',
    status: 200,
    query: MemoryQuery,
    response: MemoryView,
    run: async (request, ports) => {
      const { tenant, path, query } = request
      const { caseId, dumpId } = path
      const id = { tenant, caseId, dumpId }
      const dump = await uploadedDump(ports, id)
      const { address, length, as } = query
      const statement = `Memory of ${dump.fileName} was looked at: ${length} bytes from ${address} on.`
      await recordEvent(request, ports, { caseId, action: 'memory.viewed', statement })
      try {
        return { value: await viewMemory(ports, id, dump, address, length, as) }
      } catch (error) {
        if (isTagged(error, 'dump-gone')) throw gone('dump-gone', `${error.message} ${error.advice}`)
        if (isTagged(error)) throw conflict('not-readable', `${error.message} ${error.advice}`)
        throw error
      }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/dumps/{dumpId}/downloads',
    permission: 'dumps:read',
    summary: 'Get a short-lived link to fetch a dump by; that it was asked for is recorded',
    status: 201,
    response: DumpDownload,
    run: async (request, ports) => {
      const { tenant, path } = request
      const { caseId, dumpId } = path
      const id = { tenant, caseId, dumpId }
      const dump = await uploadedDump(ports, id)
      const statement = `A link to download ${dump.fileName} was made; it holds for ${downloadSeconds / 60} minutes.`
      await recordEvent(request, ports, { caseId, action: 'dump.downloaded', statement })
      // Named after the dump's id: the file's own name is a stranger's text, and this one becomes a header.
      const fileName = `${dumpId}.dmp`
      const url = await ports.dumps.link(id, dump, fileName)
      const expiresAt = new Date(ports.now().getTime() + downloadSeconds * 1000).toISOString()
      return { value: { url, fileName, bytes: dump.bytes, expiresAt } }
    },
  }),
]

const uploadedDump = async (ports: ApiPorts, { tenant, ...id }: DumpId): Promise<DumpRecord> => {
  const dump = await ports.store(tenant).dumps.get(id)
  if (dump === null) throw notFound('dump in this case')
  if (dump.status !== 'uploaded')
    throw conflict('not-uploaded', 'This dump is not uploaded yet, or its upload was given up.')
  return dump
}

const viewMemory = async (
  ports: ApiPorts,
  id: DumpId,
  dump: DumpRecord,
  address: string,
  length: number,
  layout: MemoryLayout,
): Promise<MemoryView> => {
  const opening = await openTarget(ports.dumps.open(id, dump), { header: await storedHeader(ports, id, dump) })
  if (opening.target === null) throw conflict('not-readable', `${opening.refusal.message} ${opening.refusal.advice}`)
  const { target } = opening
  const { pointerBytes } = target.memory
  const unitBytes = { dps: pointerBytes, db: 1, dd: 4, dq: 8, da: 1, du: 2 }[layout]
  const command = `${layout} ${address.slice(2)} L${Math.ceil(length / unitBytes).toString(16)}`
  const { output, failed } = await runCommand(target, command, { stopped: () => false })
  if (failed) throw conflict('not-readable', output)
  return { command, output, pointerBytes }
}

/** What the pipeline found out about the dump already; without it the dump is examined anew. */
const storedHeader = async (
  { store, documents }: ApiPorts,
  { tenant, ...id }: DumpId,
  { currentAnalysisId: analysisId }: DumpRecord,
): Promise<HeaderResult | undefined> => {
  if (analysisId === null) return undefined
  const { analyses, stages } = store(tenant)
  const analysis = await analyses.get({ ...id, analysisId })
  const stage = await stages.get({ ...id, analysisId, stage: 'header' })
  if (analysis === null || stage?.status !== 'done') return undefined
  const key = heldResultKey({ tenant, ...id, analysisId }, analysis, 'header')
  return HeaderResult.parse(JSON.parse(await documents.read(key)))
}
