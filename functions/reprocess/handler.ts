import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { batchStore } from '../../shared/cases/batches/batch-store.ts'
import { sqsTellBatch } from '../aws/batch-queue.ts'
import { makeSqsClient } from '../aws/clients.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId } from '../aws/new-id.ts'
import { awsQueueBasics } from '../aws/wiring.ts'
import { reprocessHandler } from './reprocess-handler.ts'

const aws = awsQueueBasics()

export const handler = reprocessHandler(
  {
    ...aws,
    batches: (tenant) => batchStore(aws.table, tenant),
    tell: sqsTellBatch(makeSqsClient()),
    head: s3MultipartUploads(aws.s3, aws.bucket).head,
    newId,
    engineVersion,
  },
  aws.tools,
)
