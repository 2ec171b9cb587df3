import { tenantStore } from '../../shared/cases/tenant-store.ts'
import { makeSqsClient } from '../aws/clients.ts'
import { awsQueueTools, awsRecords } from '../aws/wiring.ts'
import { poster } from './post.ts'
import { reachesLoopback } from './target.ts'
import { webhooksHandler } from './webhooks-handler.ts'

const aws = awsRecords()

export const handler = webhooksHandler(
  { tenantStore: (tenant) => tenantStore(aws.table, tenant), post: poster(reachesLoopback()), now: aws.now },
  awsQueueTools(aws.logger, makeSqsClient()),
)
