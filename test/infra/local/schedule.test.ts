import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LambdaFunction } from '../../../infra/local/lambda/function.ts'
import { rateMilliseconds, startSchedule } from '../../../infra/local/lambda/schedule.ts'
import { TemplateError } from '../../../infra/local/template/template.ts'
import { startStack, temporaryFolder, tinyFunction, until } from './support/stack.ts'

const rule = (properties: object = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression: 'rate(5 minutes)',
    Targets: [{ Arn: { 'Fn::GetAtt': ['Echo', 'Arn'] }, Id: 'Target0' }],
    ...properties,
  },
})
const calls = async (dataDir: string) =>
  (await readFile(join(dataDir, 'logs/Echo.log'), 'utf8').catch(() => '')).split('START').length - 1

test('a rule of the template invokes its function soon after the start', async () => {
  const dataDir = await temporaryFolder()
  await startStack({ Echo: tinyFunction('echo'), Rule: rule() }, { dataDir })
  await until(async () => (await calls(dataDir)) === 1)
})

test('a rule that is disabled invokes nothing, and one that is no rate stops the stack', async () => {
  await expect(
    startStack({ Echo: tinyFunction('echo'), Rule: rule({ ScheduleExpression: 'cron(0 1 * * ? *)' }) }),
  ).rejects.toThrow(TemplateError)
  await startStack({
    Echo: tinyFunction('echo'),
    Rule: rule({ ScheduleExpression: 'cron(0 1 * * ? *)', State: 'DISABLED' }),
  })
})

test('runs follow one another, never at once, a failure is told, and none comes after the stop', async () => {
  let running = 0
  let most = 0
  let runs = 0
  const failures: string[] = []
  const target: LambdaFunction = {
    name: 'Sweep',
    invoke: async () => {
      runs++
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      return runs === 2 ? { ok: false, error: { errorType: 'E', errorMessage: 'no' } } : { ok: true, payload: 'null' }
    },
    stop: async () => {},
  }
  const schedule = startSchedule('Rule', 1, [target], (name) => failures.push(name))
  onTestFinished(schedule.stop)
  await until(() => runs >= 4)
  schedule.stop()
  await until(() => running === 0)
  const after = runs
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(runs).toBe(after)
  expect(most).toBe(1)
  expect(failures).toEqual(['Sweep'])
})

test('a rate is minutes, hours or days', () => {
  expect(['rate(1 minute)', 'rate(5 minutes)', 'rate(2 hours)', 'rate(1 day)'].map(rateMilliseconds)).toEqual([
    60_000, 300_000, 7_200_000, 86_400_000,
  ])
  for (const wrong of ['rate(0 minutes)', 'rate(5 weeks)', '5 minutes']) expect(() => rateMilliseconds(wrong)).toThrow()
})
