import { GetQueueAttributesCommand, type SQSClient, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs'

/**
 * Sends the messages of a dead-letter queue back to the queues they came from, and says about how many there are: SQS
 * moves them in its own time. A stage whose failure had ended its analysis is then tried again; a message whose stage is
 * settled does nothing. Throws where SQS refuses the move, for instance because one is under way.
 */
export const redriveQueue = async (client: SQSClient, QueueUrl: string, dryRun = false): Promise<number> => {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages', 'QueueArn'] }),
  )
  const messages = Number(Attributes.ApproximateNumberOfMessages)
  if (messages > 0 && !dryRun) await client.send(new StartMessageMoveTaskCommand({ SourceArn: Attributes.QueueArn }))
  return messages
}
