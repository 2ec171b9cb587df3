import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startStack, temporaryFolder, tinyFunction, until } from './support/stack.ts'

const payload = (outcome: { ok: boolean; payload?: string }): unknown => JSON.parse(outcome.payload!)

test('a function gets its event, its context and its environment, and nothing of ours', async () => {
  process.env.OUR_OWN = 'secret'
  const { functions, origins } = await startStack({
    Echo: tinyFunction('echo', { Environment: { Variables: { GREETING: { Ref: 'AWS::Region' } } } }),
  })
  const outcome = await functions.get('Echo')!.invoke({ hello: ['world', 'ü'] })
  const answer = payload(outcome) as Record<string, never>
  expect(answer).toMatchObject({ event: { hello: ['world', 'ü'] }, memory: '256' })
  expect(answer.remaining).toBeGreaterThan(5000)
  expect(answer.environment).toMatchObject({
    GREETING: 'us-east-1',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: origins.s3,
    AWS_LAMBDA_FUNCTION_NAME: 'Echo',
    _HANDLER: 'tiny.echo',
  })
  expect(answer.environment).not.toHaveProperty('OUR_OWN')
})

test('a warm process is used again, and two calls at once have two', async () => {
  const { functions } = await startStack({ Sleep: tinyFunction('sleep') })
  const sleep = (milliseconds: number) => functions.get('Sleep')!.invoke({ milliseconds }).then(payload)
  const first = await sleep(0)
  expect(await sleep(0)).toBe(first)
  const both = await Promise.all([sleep(500), sleep(500)])
  expect(new Set(both).size).toBe(2)
})

test('no more calls run at once than are reserved', async () => {
  const { functions } = await startStack({ Sleep: tinyFunction('sleep', { ReservedConcurrentExecutions: 1 }) })
  const sleep = () => functions.get('Sleep')!.invoke({ milliseconds: 20 }).then(payload)
  expect(new Set(await Promise.all([sleep(), sleep(), sleep()])).size).toBe(1)
})

test('a thrown error is the outcome, and the process goes on', async () => {
  const dataDir = await temporaryFolder()
  const { functions } = await startStack({ Fail: tinyFunction('fail') }, { dataDir })
  const outcome = await functions.get('Fail')!.invoke({})
  const message = 'This function always fails.'
  expect(outcome).toMatchObject({ ok: false, error: { errorType: 'TypeError', errorMessage: message } })
  expect(await readFile(join(dataDir, 'logs/Fail.log'), 'utf8')).toContain(message)
})

test.for([
  ['ends its process', 'exit', {}, 'Runtime.ExitError', /exit status 7/],
  ['takes too long', 'sleep', { Timeout: 1 }, 'Sandbox.Timedout', /Task timed out after 1.00 seconds/],
  ['does not yield', 'spin', { Timeout: 1 }, 'Sandbox.Timedout', /Task timed out after 1.00 seconds/],
  ['takes too much memory', 'grow', { MemorySize: 192 }, 'Runtime.OutOfMemory', /the function has 192 MB/],
  ['answers too much', 'large', {}, 'Function.ResponseSizeTooLarge', /6291556 bytes/],
  ['cannot be loaded', 'broken.handler', {}, 'Error', /cannot be loaded/],
  ['has no such handler', 'nothing', {}, 'Error', /does not export a function named nothing/],
] as const)('a function that %s fails with that', async ([, handler, properties, errorType, errorMessage]) => {
  const { functions } = await startStack({ It: tinyFunction(handler, properties) })
  const outcome = await functions.get('It')!.invoke({ milliseconds: 60_000 })
  expect(outcome).toMatchObject({
    ok: false,
    error: { errorType, errorMessage: expect.stringMatching(errorMessage) },
  })
})

test('after a process has ended, the next call has a new one', async () => {
  const { functions } = await startStack({ Sleep: tinyFunction('sleep', { Timeout: 3 }) })
  const sleep = (milliseconds: number) => functions.get('Sleep')!.invoke({ milliseconds })
  const first = payload(await sleep(0))
  expect((await sleep(60_000)).ok).toBe(false)
  const next = await sleep(0)
  expect(next.ok).toBe(true)
  expect(payload(next)).not.toBe(first)
})

test('stopping ends every process, and a call under way with it', async () => {
  const stack = await startStack({ Sleep: tinyFunction('sleep') })
  const sleep = (milliseconds: number) => stack.functions.get('Sleep')!.invoke({ milliseconds })
  const pid = payload(await sleep(0)) as number
  const underway = sleep(60_000)
  await stack.stop()
  expect(await underway).toMatchObject({ ok: false, error: { errorType: 'Sandbox.Stopped' } })
  expect(() => process.kill(pid, 0)).toThrow()
})

test('no process outlives the stack, even one that does not yield under a stack that was killed', async () => {
  const dataDir = await temporaryFolder()
  const file = join(dataDir, 'pids')
  const program = `
    import { startLocalStack } from ${JSON.stringify(join(import.meta.dirname, '../../../infra/local/stack.ts'))}
    const stack = await startLocalStack(${JSON.stringify({
      template: { Resources: { Spin: tinyFunction('spin', { Timeout: 600 }) } },
      assets: { 'tiny.zip': join(import.meta.dirname, 'handlers') },
      dataDir: join(dataDir, 'data'),
      portalDir: dataDir,
      port: 0,
    })})
    await stack.functions.get('Spin').invoke({ file: ${JSON.stringify(file)} })`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  const pids = () => readFile(file, 'utf8').catch(() => '')
  await until(async () => (await pids()).endsWith('\n'))
  const child = Number(await pids())
  const isAlive = () => {
    try {
      return process.kill(child, 0)
    } catch {
      return false
    }
  }
  expect(isAlive()).toBe(true)
  parent.kill('SIGKILL')
  await until(() => !isAlive())
})
