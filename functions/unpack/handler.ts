import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { s3PutPart } from '../aws/put-part.ts'
import { awsStageHandler } from '../aws/wiring.ts'
import { unpackJob } from './stage.ts'

export const handler = awsStageHandler((ports, { s3, bucket, openUpload }) =>
  unpackJob({
    ...ports,
    openUpload,
    storage: { ...s3MultipartUploads(s3, bucket), putPart: s3PutPart(s3, bucket) },
  }),
)
