import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { s3Documents } from '../../functions/aws/documents.ts'
import { dynamoTable } from '../../functions/aws/dynamo-table.ts'
import { s3MultipartUploads } from '../../functions/aws/multipart-uploads.ts'
import type { ApiClient } from '../../infra/local/job/api-client.ts'
import type { LocalStack } from '../../infra/local/stack.ts'
import type { BatchAction } from '../../shared/cases/batches/batch-transitions.ts'
import { BatchView, type CreateBatch } from '../../shared/cases/batches/reprocessing-api.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { type Model, type Outdated, storeCase } from './stored-cases.ts'

/** The logical id of the resource of this type whose id begins so. */
export const logicalId = (template: unknown, type: string, start: string): string => {
  const resources = (template as { Resources: Record<string, { Type: string }> }).Resources
  const found = Object.keys(resources).find((id) => resources[id].Type === type && id.startsWith(start))
  if (found === undefined) throw new Error(`The template has no ${type} named ${start}.`)
  return found
}

// On this machine a table or a queue goes by its logical id, and a bucket by that in small letters.
export const dumpsBucket = (template: unknown): string =>
  logicalId(template, 'AWS::S3::Bucket', 'StorageDumps').toLowerCase()

/** A stack of this machine, past its API: its storage and its table, by the names its template gives them. */
export const openStorage = (
  { origins, credentials }: Pick<LocalStack, 'origins' | 'credentials'>,
  template: unknown,
) => {
  const bucket = dumpsBucket(template)
  const common = { region: 'us-east-1', credentials }
  const s3 = new S3Client({ ...common, endpoint: origins.s3, forcePathStyle: true })
  const dynamo = new DynamoDBClient({ ...common, endpoint: origins.dynamodb })
  const store = caseStore(dynamoTable(dynamo, logicalId(template, 'AWS::DynamoDB::Table', 'StorageCases')), 'default')
  const { head } = s3MultipartUploads(s3, bucket)
  return {
    store,
    seed: async (model: Model, count: number, outdated: Outdated, first = 0): Promise<void> => {
      const target = {
        store,
        tenant: 'default',
        documents: s3Documents(s3, bucket),
        putDump: async (id: { tenant: string; caseId: string; dumpId: string }) => {
          // Ingest sees the upload too, and finds no dump yet: storing comes before recording.
          await s3.send(new PutObjectCommand({ Bucket: bucket, Key: dumpKey(id), Body: model.bytes }))
          const object = await head(dumpKey(id))
          if (object === null) throw new Error('Storage does not have what was just put there.')
          return object
        },
      }
      const left = Array.from({ length: count }, (_, index) => first + index)
      const worker = async (): Promise<void> => {
        for (let index = left.shift(); index !== undefined; index = left.shift())
          await storeCase(target, model, index, outdated)
      }
      await Promise.all(Array.from({ length: 8 }, worker))
    },
    close: () => {
      s3.destroy()
      dynamo.destroy()
    },
  }
}

/** A batch of a running stack, by the calls of its API; `api` may be another one after the stack came up again. */
export const localBatch = async (first: ApiClient, body: CreateBatch) => {
  let api = first
  const { batch } = await api.post('/api/reprocessing', body, BatchView)
  const path = `/api/reprocessing/${batch.batchId}`
  const view = (): Promise<BatchView> => api.get(path, BatchView)
  const until = async (test: (view: BatchView) => boolean, seconds = 600): Promise<BatchView> => {
    for (const end = Date.now() + seconds * 1000; ; ) {
      const seen = await view()
      if (test(seen)) return seen
      if (Date.now() > end) throw new Error(`The batch does not go on: ${JSON.stringify(seen)}`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  return {
    batchId: batch.batchId,
    path,
    view,
    until,
    act: (action: BatchAction): Promise<BatchView> => api.post(`${path}/${action}`, {}, BatchView),
    reconnect: (to: ApiClient): void => {
      api = to
    },
  }
}
