import type {
  CreatedUploadLink,
  CreateUploadLink,
  OpenUploadLink,
  UploadLinks,
} from '../../../shared/cases/upload-api.ts'
import type { UploadApi } from '../../../shared/upload/upload-session.ts'
import { troubleOfStatus, UploadTrouble } from '../../../shared/upload/upload-trouble.ts'
import { ApiError } from './api-error.ts'
import { call, path, send } from './client.ts'

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

const uploadApi = (...base: string[]): UploadApi => {
  const under = (...segments: string[]): string => path(...base, 'uploads', ...segments)
  return {
    start: (body, signal) => troubled(call(under(), { method: 'POST', body, signal })),
    sign: (uploadId, parts, signal) =>
      troubled(call(under(uploadId, 'parts'), { method: 'POST', body: { parts }, signal })),
    list: (uploadId, signal) => troubled(call(under(uploadId, 'parts'), { signal })),
    complete: (uploadId, body, signal) => troubled(call(under(uploadId, 'complete'), { method: 'POST', body, signal })),
    abort: (uploadId) => troubled(send(under(uploadId), { method: 'DELETE' })),
  }
}

/** Uploads to a case, by a person of the tenant. */
export const caseUploads = (caseId: string): UploadApi => uploadApi('cases', caseId)

/** Uploads by whoever holds a link. */
export const linkUploads = (token: string): UploadApi => uploadApi('upload-links', token)

export const getOpenLink = (token: string, signal: AbortSignal): Promise<OpenUploadLink> =>
  call(path('upload-links', token), { signal })

export const listUploadLinks = (caseId: string, signal: AbortSignal): Promise<UploadLinks> =>
  call(path('cases', caseId, 'upload-links'), { signal })

export const createUploadLink = (caseId: string, body: CreateUploadLink): Promise<CreatedUploadLink> =>
  call(path('cases', caseId, 'upload-links'), { method: 'POST', body })

export const revokeUploadLink = (caseId: string, linkId: string): Promise<void> =>
  send(path('cases', caseId, 'upload-links', linkId), { method: 'DELETE' })
