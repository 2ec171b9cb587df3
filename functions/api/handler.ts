import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { linkIndex } from '../../shared/cases/link-index.ts'
import { s3Dumps } from '../aws/dumps.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId, newLinkToken, newTraceId } from '../aws/new-id.ts'
import { awsBasics } from '../aws/wiring.ts'
import { apiHandler } from './api.ts'

const aws = awsBasics()

export const handler = apiHandler(
  {
    ...aws,
    uploads: s3MultipartUploads(aws.s3, aws.bucket),
    dumps: s3Dumps(aws.s3, aws.bucket),
    links: linkIndex(aws.table),
    newId,
    newLinkToken,
    newTraceId,
    engineVersion,
  },
  aws.logger,
)
