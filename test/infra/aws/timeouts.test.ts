import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { requestTimeoutMs } from '../../../functions/aws/clients.ts'
import { backoffSeconds } from '../../../functions/aws/queue-handler.ts'
import { workingMs } from '../../../functions/aws/stage-runner.ts'
import { postTimeoutMs } from '../../../functions/webhooks/post.ts'
import {
  apiGatewayTimeoutSeconds,
  functionSettings,
  maxReceiveCount,
  queueFedFunctions,
  retentionDays,
  sweepEveryMinutes,
  webhookReceiveCount,
} from '../../../infra/aws/stage-settings.ts'
import { messageLifeMs, patienceMs } from '../../../shared/cases/patience.ts'
import { stages } from '../../../shared/cases/stage.ts'
import { retrySeconds } from '../../../shared/cases/webhooks/delivery.ts'
import { makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()

describe('the timeout contract', () => {
  /** Every queue that feeds a function, whoever added it: as the template has both. */
  const mappings = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).map(({ Properties }) => {
    const queueId = (Properties.EventSourceArn as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0]
    const functionId = (Properties.FunctionName as { Ref: string }).Ref
    const queue = resourcesOf(template, 'AWS::SQS::Queue')[queueId].Properties as unknown as {
      VisibilityTimeout: number
      MessageRetentionPeriod: number
      RedrivePolicy: { maxReceiveCount: number; deadLetterTargetArn: { 'Fn::GetAtt': [string, string] } }
    }
    const fn = resourcesOf(template, 'AWS::Lambda::Function')[functionId].Properties as unknown as { Timeout: number }
    return { queueId, queue, fn }
  })

  test.each(mappings)(
    '$queueId keeps a message away for six times as long as its function may take',
    ({ queue, fn }) => {
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * fn.Timeout)
      // What SQS allows.
      expect(queue.VisibilityTimeout).toBeLessThanOrEqual(43_200)
    },
  )

  test.each(mappings)(
    '$queueId keeps a message for all its deliveries, and its dead letter for longer',
    ({ queueId, queue }) => {
      const { maxReceiveCount, deadLetterTargetArn } = queue.RedrivePolicy
      const deadLetters = resourcesOf(template, 'AWS::SQS::Queue')[deadLetterTargetArn['Fn::GetAtt'][0]].Properties
      expect(maxReceiveCount).toBe(queueId.startsWith('AnnouncementsWebhooks') ? webhookReceiveCount : 5)
      expect(queue.VisibilityTimeout * maxReceiveCount).toBeLessThan(queue.MessageRetentionPeriod)
      expect(Number(deadLetters.MessageRetentionPeriod)).toBeGreaterThan(queue.MessageRetentionPeriod)
    },
  )

  test.each(queueFedFunctions)('the work of %s is over before its function is', (name) => {
    const leaseMs = functionSettings[name].timeoutSeconds * 1000
    // A tenth of it, or ten seconds, are left to write down how it ended.
    expect(leaseMs - workingMs(leaseMs)).toBeGreaterThanOrEqual(Math.min(10_000, leaseMs / 10))
    expect(workingMs(leaseMs)).toBeGreaterThan(leaseMs / 2)
  })

  test.each([...stages, 'scan'] as const)(
    'a request of %s that hangs is cut off while there is time to try again',
    (name) => {
      expect(2 * requestTimeoutMs).toBeLessThanOrEqual(functionSettings[name].timeoutSeconds * 1000)
    },
  )

  test('is within what Lambda allows', () => {
    for (const { timeoutSeconds, memoryMb } of Object.values(functionSettings)) {
      expect(timeoutSeconds).toBeLessThanOrEqual(900)
      expect(memoryMb).toBeLessThanOrEqual(3008)
    }
    expect(functionSettings.webhooks.timeoutSeconds * 1000).toBeGreaterThan(postTimeoutMs)
    for (const seconds of retrySeconds) expect(seconds).toBeLessThan(43_200)
    expect(retrySeconds.length + 1).toBeLessThan(webhookReceiveCount)
    expect(retrySeconds.reduce((sum, seconds) => sum + seconds)).toBeLessThan(86_400)
  })

  test('lets the API answer before API Gateway gives up', () => {
    expect(functionSettings.api.timeoutSeconds).toBeLessThan(apiGatewayTimeoutSeconds)
  })

  test('the sweep ends before it begins again, and waits longer than a stage may take', () => {
    expect(functionSettings.sweep.timeoutSeconds).toBeLessThan(sweepEveryMinutes * 60)
    expect(messageLifeMs).toBe(retentionDays.queue * 86_400_000)
    // A failed delivery's own back-off is over before the sweep thinks the stage forgotten.
    expect(patienceMs).toBeGreaterThanOrEqual(backoffSeconds(maxReceiveCount - 1) * 1000)
  })

  test.each(Object.keys(functionSettings) as (keyof typeof functionSettings)[])(
    'is what the function %s is deployed with',
    (name) => {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: Match.objectLike({ POWERTOOLS_SERVICE_NAME: name }) },
        Timeout: functionSettings[name].timeoutSeconds,
        MemorySize: functionSettings[name].memoryMb,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      })
    },
  )
})
