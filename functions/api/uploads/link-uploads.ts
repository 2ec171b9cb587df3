import {
  CompleteUpload,
  LinkUpload,
  OpenUploadLink,
  PutDump,
  SignedParts,
  SignParts,
  StartLinkUpload,
  UploadedParts,
  UploadReceived,
} from '../../../shared/cases/links/upload-api.ts'
import {
  bytesLeft,
  dumpsLeft,
  giveDumpBack,
  isOpen,
  reserveDump,
  type UploadLinkRecord,
} from '../../../shared/cases/links/upload-link.ts'
import { dumpKey } from '../../../shared/cases/object-keys.ts'
import type { ApiPorts } from '../ports.ts'
import { conflict, notFound, ProblemError } from '../problem.ts'
import { type ApiRequest, route } from '../route.ts'
import {
  abortUpload,
  completeUpload,
  type FoundUpload,
  findUpload,
  insertDump,
  listParts,
  type NewDump,
  signParts,
  startUpload,
} from './upload-operations.ts'

/** What somebody without a login may do who holds a link's token. Tenant and case are the link's, never the caller's. */

type OpenLink = { readonly tenant: string; readonly link: UploadLinkRecord; readonly actor: string }
type TokenRequest = Pick<ApiRequest<unknown, unknown>, 'path'>

/** One answer for a link that never was, was revoked, or has expired: it tells nothing about any of them. */
const noSuchLink = (): ProblemError =>
  new ProblemError(
    404,
    'no-such-link',
    'This link is not open',
    'This upload link does not exist, was revoked or has expired. Ask whoever sent it to you for a new one.',
  )

const openLink = async ({ path: { token } }: TokenRequest, ports: ApiPorts): Promise<OpenLink> => {
  const target = await ports.links.find(token)
  if (target?.kind !== 'upload') throw noSuchLink()
  const link = await ports.store(target.tenant).uploadLinks.get(target)
  if (link === null || !isOpen(link, ports.now())) throw noSuchLink()
  return { tenant: target.tenant, link, actor: `link:${link.linkId}` }
}

/** An upload that was started through this very link. */
const uploadOfLink = async (request: TokenRequest, ports: ApiPorts): Promise<FoundUpload & OpenLink> => {
  const open = await openLink(request, ports)
  const { caseId, linkId } = open.link
  const found = await findUpload(ports, { tenant: open.tenant, caseId, uploadId: request.path.uploadId })
  if (found.dump.linkId !== linkId) throw notFound('upload')
  return { ...found, ...open }
}

/** Makes a dump within the link's limits and lets `begin` start its upload; where that fails, it does not count. */
const withinLimits = async <T>(
  ports: ApiPorts,
  { tenant, link }: OpenLink,
  { fileName, bytes }: { readonly fileName: string; readonly bytes: number },
  begin: (dump: NewDump) => Promise<T>,
): Promise<T> => {
  const { caseId, linkId } = link
  const { uploadLinks } = ports.store(tenant)
  const dumpId = ports.newId('dump')
  const reserved = await uploadLinks.change(link, (current) => reserveDump(current, { dumpId, bytes }, ports.now()))
  if (reserved.refused !== undefined) throw limitReached(reserved.record ?? link, bytes)
  try {
    return await begin({ caseId, dumpId, linkId, fileName, bytes, lane: 'interactive' })
  } catch (error) {
    await uploadLinks.change(link, (current) => giveDumpBack(current, dumpId))
    throw error
  }
}

const limitReached = (link: UploadLinkRecord, bytes: number): ProblemError =>
  dumpsLeft(link) === 0
    ? conflict('link-dumps', `This link takes ${link.maxDumps} dumps and has them. Ask for a new link.`)
    : conflict('link-bytes', `This link takes ${bytesLeft(link)} bytes more, and the file has ${bytes}.`)

export const linkUploadRoutes = [
  route({
    method: 'GET',
    path: '/upload-links/{token}',
    permission: null,
    summary: 'What whoever holds an upload link may know of it',
    status: 200,
    response: OpenUploadLink,
    run: async (request, ports) => {
      const { link } = await openLink(request, ports)
      const { company, expiresAt } = link
      return { value: { company, expiresAt, dumpsLeft: dumpsLeft(link), bytesLeft: bytesLeft(link) } }
    },
  }),
  route({
    method: 'POST',
    path: '/upload-links/{token}/uploads',
    permission: null,
    summary: 'Start uploading a dump through a link',
    status: 201,
    body: StartLinkUpload,
    response: LinkUpload,
    run: async (request, ports) => {
      const open = await openLink(request, ports)
      return { value: await withinLimits(ports, open, request.body, (dump) => startUpload(ports, open.tenant, dump)) }
    },
  }),
  route({
    method: 'POST',
    path: '/upload-links/{token}/uploads/{uploadId}/parts',
    permission: null,
    summary: 'Get URLs to PUT parts to, through a link',
    status: 200,
    body: SignParts,
    response: SignedParts,
    run: async (request, ports) => ({
      value: await signParts(ports, await uploadOfLink(request, ports), request.body),
    }),
  }),
  route({
    method: 'GET',
    path: '/upload-links/{token}/uploads/{uploadId}/parts',
    permission: null,
    summary: 'List the parts that have arrived through a link, to resume an upload',
    status: 200,
    response: UploadedParts,
    run: async (request, ports) => ({ value: await listParts(ports, await uploadOfLink(request, ports)) }),
  }),
  route({
    method: 'POST',
    path: '/upload-links/{token}/uploads/{uploadId}/complete',
    permission: null,
    summary: 'Put the parts that came through a link together',
    status: 200,
    body: CompleteUpload,
    response: UploadReceived,
    run: async (request, ports) => {
      const found = await uploadOfLink(request, ports)
      await completeUpload(ports, found, request.body.sha256, found.actor)
      return { value: { status: 'received' } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/upload-links/{token}/uploads/{uploadId}',
    permission: null,
    summary: 'Give up an upload through a link',
    status: 204,
    run: async (request, ports) => {
      const found = await uploadOfLink(request, ports)
      await abortUpload(ports, found, found.actor)
      return { empty: true }
    },
  }),
  route({
    method: 'POST',
    path: '/upload-links/{token}/put',
    permission: null,
    summary: 'Get a URL that takes one dump of up to 5 GiB in a single PUT, as plain text for curl',
    status: 200,
    query: PutDump,
    texts: ['text/plain'],
    run: async (request, ports) => {
      const open = await openLink(request, ports)
      const { bytes, sha256 = null } = request.query
      return withinLimits(ports, open, request.query, async (dump) => {
        const { tenant } = open
        const { url } = await ports.uploads.signObject(dumpKey({ tenant, ...dump }), { bytes, sha256 })
        await insertDump(ports, tenant, dump, null)
        return { text: `${url}\n`, mediaType: 'text/plain' }
      })
    },
  }),
]
