import type {
  CreatedUploadLink,
  CreateUploadLink,
  OpenUploadLink,
  UploadLinks,
} from '../../../shared/cases/links/upload-api.ts'
import type { UploadApi } from '../../../shared/upload/upload-session.ts'
import { troubleOfStatus, UploadTrouble } from '../../../shared/upload/upload-trouble.ts'
import { ApiError } from './api-error.ts'
import { type Call, call, carryOut, create, path } from './client.ts'

/** What went wrong, with whether it is worth trying again. */
const troubled = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError)
      throw new UploadTrouble(troubleOfStatus(error.status), error.message, { cause: error })
    throw error
  }
}

type Who = Pick<Call, 'asAnybody'>

const uploadApi = (who: Who, ...base: string[]): UploadApi => {
  const under = (...segments: string[]): string => path(...base, 'uploads', ...segments)
  const post = <T>(where: string, body: unknown, signal: AbortSignal): Promise<T> =>
    troubled(call(where, { ...who, method: 'POST', body, signal }))
  return {
    start: (body, signal) => troubled(create(under(), { ...who, body, signal })),
    sign: (uploadId, parts, signal) => post(under(uploadId, 'parts'), { parts }, signal),
    list: (uploadId, signal) => troubled(call(under(uploadId, 'parts'), { ...who, signal })),
    complete: (uploadId, body, signal) => post(under(uploadId, 'complete'), body, signal),
    abort: (uploadId) => troubled(carryOut(under(uploadId), { ...who, method: 'DELETE' })),
  }
}

/** Uploads to a case, by a person of the tenant. */
export const caseUploads = (caseId: string): UploadApi => uploadApi({}, 'cases', caseId)

/** Uploads by whoever holds a link. */
export const linkUploads = (token: string): UploadApi => uploadApi({ asAnybody: true }, 'upload-links', token)

export const getOpenLink = (token: string, signal: AbortSignal): Promise<OpenUploadLink> =>
  call(path('upload-links', token), { signal, asAnybody: true })

export const listUploadLinks = (caseId: string, signal: AbortSignal): Promise<UploadLinks> =>
  call(path('cases', caseId, 'upload-links'), { signal })

export const createUploadLink = (caseId: string, body: CreateUploadLink): Promise<CreatedUploadLink> =>
  create(path('cases', caseId, 'upload-links'), { body })

export const revokeUploadLink = (caseId: string, linkId: string): Promise<void> =>
  carryOut(path('cases', caseId, 'upload-links', linkId), { method: 'DELETE' })
