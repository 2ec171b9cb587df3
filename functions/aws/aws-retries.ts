import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { S3Client } from '@aws-sdk/client-s3'
import type { SQSClient } from '@aws-sdk/client-sqs'

let retries = 0

/** How many requests of this process the SDK has had to send again, because AWS throttled, failed or did not answer. */
export const awsRetries = (): number => retries

/** Has a client's retries counted. The SDK tells of each command how many attempts it took, also of one that failed. */
export const countingRetries = <Client extends S3Client | DynamoDBClient | SQSClient | EventBridgeClient>(
  client: Client,
): Client => {
  const count = ({ $metadata }: { $metadata?: { attempts?: number } }): void => {
    retries += Math.max(0, ($metadata?.attempts ?? 1) - 1)
  }
  const stack = client.middlewareStack as S3Client['middlewareStack']
  stack.add(
    (next) => async (args) => {
      try {
        const result = await next(args)
        count(result.output)
        return result
      } catch (error) {
        if (error instanceof Error) count(error as { $metadata?: { attempts?: number } })
        throw error
      }
    },
    { step: 'initialize', name: 'countRetries' },
  )
  return client
}
