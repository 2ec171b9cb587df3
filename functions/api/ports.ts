import type { BatchStore } from '../../shared/cases/batches/batch-store.ts'
import type { Collection } from '../../shared/cases/collection.ts'
import type { SignIn } from '../../shared/cases/identity-api.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import type { RetentionPolicy } from '../../shared/cases/life/retention.ts'
import type { Anybody } from '../../shared/cases/limits/public-rates.ts'
import type { RateLimits, RateRecord } from '../../shared/cases/limits/rate.ts'
import type { LinkIndex } from '../../shared/cases/links/link-index.ts'
import type { OperationsStore } from '../../shared/cases/operations/operations-store.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { TenantStore } from '../../shared/cases/tenant-store.ts'
import type { TraceId } from '../../shared/cases/trace.ts'
import type { TellBatch } from '../aws/batch-queue.ts'
import type { Documents } from '../aws/documents.ts'
import type { Dumps } from '../aws/dumps.ts'
import type { HandOut } from '../aws/hand-out.ts'
import type { MultipartUploads } from '../aws/multipart-uploads.ts'
import type { QueueWatch } from '../aws/queue-watch.ts'
import type { SendStage } from '../aws/stage-queues.ts'
import type { TellWebhook } from '../aws/webhook-queue.ts'
import type { ClaimNames } from './caller.ts'

/** What the API works with. */
export type ApiPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly batches: (tenant: string) => BatchStore
  readonly tellBatch: TellBatch
  readonly send: SendStage
  readonly operations: (tenant: string) => OperationsStore
  readonly queues: QueueWatch
  readonly tenantStore: (tenant: string) => TenantStore
  readonly publicRates: Collection<RateRecord, Anybody>
  readonly limits: RateLimits
  readonly tellWebhook: TellWebhook
  readonly uploads: MultipartUploads
  readonly documents: Documents
  readonly handOut: HandOut
  readonly dumps: Dumps
  readonly links: LinkIndex
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
  readonly newTraceId: () => TraceId
  readonly newLinkToken: () => string
  readonly newWebhookSecret: () => string
  readonly engineVersion: string
  readonly retentionPolicy: RetentionPolicy
  /** How clients sign in, and how their tokens say who they are. */
  readonly identity: { readonly signIn: SignIn; readonly claims: ClaimNames }
}
