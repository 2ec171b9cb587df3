import { ShardMessage } from '../../shared/messages/shard-message.ts'
import { type QueueTools, queueHandler, receiveCount } from '../aws/queue-handler.ts'
import { runStage, type StageJob, type StagePorts } from '../aws/stage-runner.ts'
import { tellEnd } from '../aws/tell-end.ts'

/** A Lambda handler that works on one shard for each message of its queue. */
export const shardHandler = (
  jobOf: (shard: number) => StageJob,
  ports: StagePorts,
  tools: QueueTools,
  maxReceiveCount: number,
) =>
  queueHandler(tools, async (record, context) => {
    const message = ShardMessage.parse(JSON.parse(record.body))
    const { caseId, dumpId, analysisId, stage, shard, lane, traceId } = message
    tools.logger.appendKeys({ caseId, dumpId, analysisId, stage, shard, lane, traceId })

    const ended = await runStage(jobOf(shard), ports, {
      message,
      messageId: record.messageId,
      last: receiveCount(record) >= maxReceiveCount,
      leaseMs: context.getRemainingTimeInMillis(),
    })
    tellEnd('Shard', ended, tools)
  })
