import {
  CompleteUpload,
  SignedParts,
  SignParts,
  StartUpload,
  Upload,
  UploadedParts,
} from '../../../shared/cases/links/upload-api.ts'
import { DumpRecord } from '../../../shared/cases/records.ts'
import { notFound } from '../problem.ts'
import { type ApiRequest, route } from '../route.ts'
import { abortUpload, completeUpload, findUpload, listParts, signParts, startUpload } from './upload-operations.ts'

const idOf = ({ tenant, path: { caseId, uploadId } }: ApiRequest<unknown, unknown>) => ({ tenant, caseId, uploadId })

/** Uploads by a person of the tenant, to a case. */
export const uploadRoutes = [
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads',
    permission: 'cases:write',
    summary: 'Start uploading a dump, in parts that go straight to storage',
    status: 201,
    body: StartUpload,
    response: Upload,
    run: async ({ tenant, path: { caseId }, body }, ports) => {
      if ((await ports.store(tenant).cases.get({ caseId })) === null) throw notFound('case')
      return { value: await startUpload(ports, tenant, { caseId, dumpId: ports.newId('dump'), ...body }) }
    },
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads/{uploadId}/parts',
    permission: 'cases:write',
    summary: 'Get URLs to PUT parts to',
    status: 200,
    body: SignParts,
    response: SignedParts,
    run: async (request, ports) => {
      const found = await findUpload(ports, idOf(request))
      return { value: await signParts(ports, found, request.body) }
    },
  }),
  route({
    method: 'GET',
    path: '/cases/{caseId}/uploads/{uploadId}/parts',
    permission: 'cases:write',
    summary: 'List the parts that have arrived, to resume an upload',
    status: 200,
    response: UploadedParts,
    run: async (request, ports) => ({ value: await listParts(ports, await findUpload(ports, idOf(request))) }),
  }),
  route({
    method: 'POST',
    path: '/cases/{caseId}/uploads/{uploadId}/complete',
    permission: 'cases:write',
    summary: 'Put the parts together; the analysis then begins by itself',
    status: 200,
    body: CompleteUpload,
    response: DumpRecord,
    run: async (request, ports) => {
      const found = await findUpload(ports, idOf(request))
      return { value: await completeUpload(ports, found, request.body.sha256, request.caller.subject) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/cases/{caseId}/uploads/{uploadId}',
    permission: 'cases:write',
    summary: 'Give an upload up and drop its parts',
    status: 204,
    run: async (request, ports) => {
      await abortUpload(ports, await findUpload(ports, idOf(request)), request.caller.subject)
      return { empty: true }
    },
  }),
]
