import { engineVersion } from '../../shared/analysis/engine-version.ts'
import { newId } from '../aws/new-id.ts'
import { awsQueueBasics } from '../aws/wiring.ts'
import { ingestHandler } from './ingest-handler.ts'

const aws = awsQueueBasics()

export const handler = ingestHandler({ ...aws, newId, engineVersion }, aws.tools)
