import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { batchStore } from '../../shared/cases/batches/batch-store.ts'
import { publicRates } from '../../shared/cases/limits/public-rates.ts'
import { linkIndex } from '../../shared/cases/links/link-index.ts'
import { operationsStore } from '../../shared/cases/operations/operations-store.ts'
import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { sqsTellBatch } from '../aws/batch-queue.ts'
import { makeSqsClient } from '../aws/clients.ts'
import { s3Dumps } from '../aws/dumps.ts'
import { environment } from '../aws/environment.ts'
import { s3HandOut } from '../aws/hand-out.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId, newLinkToken, newTraceId, newWebhookSecret } from '../aws/new-id.ts'
import { sqsQueueWatch, watchedQueueUrl } from '../aws/queue-watch.ts'
import { retentionPolicy } from '../aws/retention-policy.ts'
import { sqsSendStage } from '../aws/stage-queues.ts'
import { sqsTellWebhook } from '../aws/webhook-queue.ts'
import { awsBasics } from '../aws/wiring.ts'
import { apiHandler } from './api.ts'
import { rateLimits } from './rate-limit.ts'

const aws = awsBasics()
const sqs = makeSqsClient()
const identity = {
  signIn: {
    issuer: environment('OIDC_ISSUER'),
    clientId: environment('OIDC_CLIENT_ID'),
    scopes: environment('OIDC_SCOPES'),
  },
  claims: { tenant: environment('TENANT_CLAIM'), role: environment('ROLE_CLAIM') },
}

export const handler = apiHandler(
  {
    ...aws,
    tenantStore: (tenant) => tenantStore(aws.table, tenant),
    publicRates: publicRates(aws.table),
    limits: rateLimits,
    uploads: s3MultipartUploads(aws.s3, aws.bucket),
    dumps: s3Dumps(aws.s3, aws.bucket),
    handOut: s3HandOut(aws.s3, aws.bucket),
    links: linkIndex(aws.table),
    batches: (tenant) => batchStore(aws.table, tenant),
    tellBatch: sqsTellBatch(sqs),
    tellWebhook: sqsTellWebhook(sqs, () => watchedQueueUrl('webhooks')),
    send: sqsSendStage(sqs, watchedQueueUrl),
    operations: (tenant) => operationsStore(aws.table, tenant),
    queues: sqsQueueWatch(sqs),
    newId,
    newLinkToken,
    newWebhookSecret,
    newTraceId,
    engineVersion,
    retentionPolicy: retentionPolicy(),
    identity,
  },
  aws.logger,
)
