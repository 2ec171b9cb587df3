import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { expect, test } from 'vitest'
import type { Pipeline } from '../../../infra/aws/pipeline.ts'
import { makeStack, nag } from './synthesise.ts'

/** The rules that cdk-nag says are broken; none when it lets the app pass. */
const findings = ({ app }: ReturnType<typeof makeStack>): string[] => {
  try {
    nag(app)
    return []
  } catch (error) {
    const report = readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')
    const rules = [...new Set([...report.matchAll(/AwsSolutions-\w+/g)].map(([rule]) => rule))]
    if (rules.length === 0) throw error
    return rules
  }
}

test('cdk-nag has nothing to say', () => {
  expect(findings(makeStack())).toEqual([])
})

test('cdk-nag notices a resource that breaks its rules', () => {
  const made = makeStack()
  new Queue(made.stack, 'Careless')
  expect(findings(made)).toContain('AwsSolutions-SQS4')
})

test('cdk-nag notices a wildcard beyond those acknowledged', () => {
  const made = makeStack()
  const pipeline = made.stack.node.findChild('Pipeline') as Pipeline
  pipeline.functions.verdict.fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }))
  expect(findings(made)).toContain('AwsSolutions-IAM5')
})
