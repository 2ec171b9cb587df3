import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId } from '../aws/new-id.ts'
import { awsQueueBasics } from '../aws/wiring.ts'
import { ingestHandler } from './ingest-handler.ts'

const aws = awsQueueBasics()

export const handler = ingestHandler(
  { ...aws, head: s3MultipartUploads(aws.s3, aws.bucket).head, newId, engineVersion },
  aws.tools,
)
