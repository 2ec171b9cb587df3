import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { DumpId } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { signatureBytes } from '../../shared/dump/foreign-formats.ts'
import { sqsTellEnd } from './announce-queue.ts'
import { makeDynamoClient, makeS3Client, makeSqsClient } from './clients.ts'
import { s3Documents } from './documents.ts'
import type { DumpStagePorts } from './dump-stage.ts'
import { s3Dumps, s3Uploads } from './dumps.ts'
import { dynamoTable } from './dynamo-table.ts'
import { environment } from './environment.ts'
import { newId } from './new-id.ts'
import type { QueueTools } from './queue-handler.ts'
import { stageHandler } from './stage-handler.ts'
import { sqsBacklog, sqsRetryIn, sqsSendShard, sqsSendStage } from './stage-queues.ts'
import type { StageJob } from './stage-runner.ts'

/** What every function needs of AWS. Made once, when a process starts. */
export const awsRecords = () => {
  const table = dynamoTable(makeDynamoClient(), environment('TABLE_NAME'))
  return {
    table,
    store: (tenant: string) => caseStore(table, tenant),
    now: () => new Date(),
    logger: new Logger(),
  }
}

/** Besides, what a function needs that has to do with dumps and results. */
export const awsBasics = () => {
  const s3 = makeS3Client()
  const bucket = environment('BUCKET_NAME')
  const openUpload = s3Uploads(s3, bucket)
  return {
    ...awsRecords(),
    s3,
    bucket,
    documents: s3Documents(s3, bucket),
    openUpload,
    peek: (id: DumpId, dump: DumpRecord) => {
      const upload = openUpload(id, dump)
      return upload.read(0, Math.min(signatureBytes, upload.size))
    },
  }
}

/** How a function fed by a queue deals with its messages. */
export const awsQueueTools = (logger: Logger, sqs: SQSClient): QueueTools => ({
  logger,
  metrics: new Metrics(),
  retryIn: sqsRetryIn(sqs),
})

/** What a function of the pipeline needs that is fed by a queue. */
export const awsQueueBasics = () => {
  const basics = awsBasics()
  const sqs = makeSqsClient()
  return {
    ...basics,
    tools: awsQueueTools(basics.logger, sqs),
    send: sqsSendStage(sqs),
    sendShard: sqsSendShard(sqs),
    backlog: sqsBacklog(sqs),
    tellEnd: sqsTellEnd(sqs),
  }
}

/** Besides, what a function that reads dumps needs. */
export const awsDumpPorts = () => {
  const aws = awsQueueBasics()
  const ports: DumpStagePorts = {
    open: s3Dumps(aws.s3, aws.bucket).open,
    send: aws.send,
    sendShard: aws.sendShard,
    newId,
    clock: () => performance.now(),
    // Node tells the peak in KiB, of the process's whole life.
    peakMemory: () => process.resourceUsage().maxRSS * 1024,
  }
  return { aws, ports }
}

/** The handler of a stage's function. */
export const awsStageHandler = (
  makeJob: (ports: DumpStagePorts, aws: ReturnType<typeof awsQueueBasics>) => StageJob,
) => {
  const { aws, ports } = awsDumpPorts()
  return stageHandler(makeJob(ports, aws), aws, aws.tools, Number(environment('MAX_RECEIVE_COUNT')))
}
