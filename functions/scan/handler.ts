import { environment } from '../aws/environment.ts'
import { awsDumpPorts } from '../aws/wiring.ts'
import { shardJob } from './shard.ts'
import { shardHandler } from './shard-handler.ts'

const { aws, ports } = awsDumpPorts()

export const handler = shardHandler(
  (shard) => shardJob(ports, shard),
  aws,
  aws.tools,
  Number(environment('MAX_RECEIVE_COUNT')),
)
