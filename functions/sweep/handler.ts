import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { s3MultipartUploads } from '../aws/multipart-uploads.ts'
import { newId } from '../aws/new-id.ts'
import { awsQueueBasics } from '../aws/wiring.ts'
import { sweepHandler } from './sweep-handler.ts'

const aws = awsQueueBasics()

const { head, abort } = s3MultipartUploads(aws.s3, aws.bucket)

export const handler = sweepHandler({ ...aws, head, abort, newId, engineVersion }, aws.tools)
