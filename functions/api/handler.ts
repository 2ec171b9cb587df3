import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { linkTokens } from '../../shared/cases/link-tokens.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId, newTraceId } from '../aws/new-id.ts'
import { awsBasics } from '../aws/wiring.ts'
import { apiHandler } from './api.ts'

const aws = awsBasics()

export const handler = apiHandler(
  {
    ...aws,
    linkTokens: linkTokens(aws.table),
    uploads: s3MultipartUploads(aws.s3, aws.bucket),
    newId,
    newTraceId,
    engineVersion,
  },
  aws.logger,
)
