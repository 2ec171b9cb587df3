import type { IdKind } from '../../shared/cases/ids.ts'
import type { LinkTokens } from '../../shared/cases/link-tokens.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { TraceId } from '../../shared/cases/trace.ts'
import type { Documents } from '../aws/documents.ts'
import type { MultipartUploads } from '../aws/multipart-uploads.ts'

/** What the API works with. */
export type ApiPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly linkTokens: LinkTokens
  readonly uploads: MultipartUploads
  readonly documents: Documents
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
  readonly newTraceId: () => TraceId
  readonly engineVersion: string
}
