import { newId } from '../aws/new-id.ts'
import { awsQueueBasics } from '../aws/wiring.ts'
import { ingestHandler } from './ingest-handler.ts'

const aws = awsQueueBasics()

export const handler = ingestHandler({ ...aws, newId, engineVersion: '0.1.0' }, aws.tools)
