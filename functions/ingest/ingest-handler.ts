import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { type QueueTools, queueHandler } from '../aws/queue-handler.ts'
import { type IngestPorts, ingest } from './ingest.ts'
import { uploadedObjects } from './upload-event.ts'

/** A Lambda handler for S3's notifications about finished uploads. */
export const ingestHandler = (ports: IngestPorts, tools: QueueTools) =>
  queueHandler(tools, async (record) => {
    const objects = uploadedObjects(record.body)
    tools.metrics.addMetric('UploadsReported', MetricUnit.Count, objects.length)
    for (const object of objects) {
      const ingested = await ingest(ports, object)
      tools.logger.info('An upload was reported.', { key: object.key, ...ingested })
    }
  })
