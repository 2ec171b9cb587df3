import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { StageMessage } from '../../shared/messages/stage-message.ts'
import { type QueueTools, queueHandler, receiveCount } from './queue-handler.ts'
import { runStage, type StageJob, type StagePorts } from './stage-runner.ts'
import { tellEnd } from './tell-end.ts'

/** A Lambda handler that runs one stage for each message of its queue. */
export const stageHandler = (job: StageJob, ports: StagePorts, tools: QueueTools, maxReceiveCount: number) =>
  queueHandler(tools, async (record, context) => {
    const { logger, metrics } = tools
    const message = StageMessage.parse(JSON.parse(record.body))
    if (message.stage !== job.stage)
      throw new Error(`A message for the stage ${message.stage} is in the queue of ${job.stage}.`)
    const { caseId, dumpId, analysisId, stage, lane, traceId } = message
    logger.appendKeys({ caseId, dumpId, analysisId, stage, lane, traceId })

    const ended = await runStage(job, ports, {
      message,
      messageId: record.messageId,
      last: receiveCount(record) >= maxReceiveCount,
      leaseMs: context.getRemainingTimeInMillis(),
    })
    tellEnd('Stage', ended, tools)
    if (stage === 'verdict' && ended.end === 'ran' && ended.sinceUploadMs !== null)
      metrics.addMetric('UploadToVerdict', MetricUnit.Milliseconds, ended.sinceUploadMs)
  })
