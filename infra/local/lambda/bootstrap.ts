/**
 * The process a function runs in: loads the handler and speaks the Lambda Runtime API ("Using the Lambda runtime API",
 * Lambda developer guide). Started by `child.ts` with the environment Lambda gives a function.
 */
import { existsSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

const variable = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`The environment has no ${name}.`)
  return value
}

// Ctrl-C reaches every process of the terminal; the stack ends its children itself, in its own order.
process.on('SIGINT', () => {})

const memoryBytes = Number(variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE')) * 2 ** 20
new Worker(new URL('./watchdog.ts', import.meta.url), { workerData: { memoryBytes } }).unref()

const [host, port] = variable('AWS_LAMBDA_RUNTIME_API').split(':')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

type Answer = { readonly headers: Record<string, unknown>; readonly body: string }

const call = (method: string, path: string, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime${path}`, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })

const describe = (error: unknown): string => {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') ?? [] })
}

type Handler = (event: unknown, context: object) => unknown

/** `folder/file.name`: the export `name` of the module `folder/file` below the function's code. */
const load = async (): Promise<Handler> => {
  const handler = variable('_HANDLER')
  const dot = handler.lastIndexOf('.')
  const base = join(variable('LAMBDA_TASK_ROOT'), handler.slice(0, dot))
  const file = ['.mjs', '.js', '.cjs'].map((extension) => base + extension).find(existsSync)
  if (file === undefined) throw new Error(`The function's code has no ${base}.mjs, .js or .cjs.`)
  const module = await import(pathToFileURL(file).href)
  // Node writes the cache when a process exits, and this one is killed: the next cold start profits only if it is now.
  flushCompileCache()
  const name = handler.slice(dot + 1)
  const found = module[name] ?? module.default?.[name]
  if (typeof found !== 'function') throw new Error(`${file} does not export a function named ${name}.`)
  return found
}

const contextOf = (headers: Answer['headers']): object => {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    awsRequestId: String(headers['lambda-runtime-aws-request-id']),
    invokedFunctionArn: String(headers['lambda-runtime-invoked-function-arn']),
    functionName: variable('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: variable('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: variable('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

const run = async (): Promise<void> => {
  let handler: Handler
  try {
    handler = await load()
  } catch (error) {
    await call('POST', '/init/error', describe(error))
    process.exit(1)
  }
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next')
    const path = `/invocation/${headers['lambda-runtime-aws-request-id']}`
    let result: string
    try {
      result = JSON.stringify(await handler(JSON.parse(body), contextOf(headers))) ?? 'null'
    } catch (error) {
      console.error(error)
      await call('POST', `${path}/error`, describe(error))
      continue
    }
    await call('POST', `${path}/response`, result)
  }
}

run().catch((error: unknown) => {
  // The Runtime API is gone, and with it whoever could want an answer.
  console.error(error)
  process.exit(1)
})
