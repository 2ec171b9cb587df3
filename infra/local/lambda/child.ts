import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type FunctionError, type Outcome, startRuntimeApi } from './runtime-api.ts'

/** A function as its processes need to know it. */
export type FunctionSettings = {
  readonly name: string
  readonly arn: string
  readonly handler: string
  /** The folder with its code. */
  readonly code: string
  readonly memoryMegabytes: number
  readonly timeoutSeconds: number
  /** From the template, and the endpoints' addresses. */
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
}

/** One process of a function: it runs one invocation at a time. */
export type Child = {
  readonly invoke: (requestId: string, event: string) => Promise<Outcome>
  readonly isAlive: () => boolean
  /** Ends the process and waits until it has. */
  readonly end: () => Promise<void>
}

/** What a process may take to be ready: twice what Lambda gives, since two cores may start six functions at once. */
const initTimeoutSeconds = 20

const stopped: FunctionError = {
  errorType: 'Sandbox.Stopped',
  errorMessage: 'The local stack ended the process.',
}

const bootstrap = fileURLToPath(new URL('./bootstrap.ts', import.meta.url))

/** Starts a process; the first `invoke` waits until it is ready. `onEnd` is called when it has ended, however it did. */
export const startChild = async (settings: FunctionSettings, onEnd: () => void): Promise<Child> => {
  let current: { requestId: string; settle: (outcome: Outcome) => void } | null = null
  let cause: FunctionError | null = null
  const ready = Promise.withResolvers<void>()

  const settle = (outcome: Outcome): void => {
    current?.settle(outcome)
    current = null
  }
  const api = await startRuntimeApi({
    onIdle: () => ready.resolve(),
    onInitError: (error) => {
      cause = error
    },
    onOutcome: (requestId, outcome) => {
      if (current?.requestId === requestId) settle(outcome)
    },
  })

  const log = openSync(settings.logFile, 'a', 0o600)
  const child = spawn(process.execPath, [...nodeOptions(settings.memoryMegabytes), bootstrap], {
    cwd: settings.code,
    env: environmentOf(settings, api.address),
    stdio: ['ignore', log, log, 'pipe'],
  })
  const write = (line: string): void => {
    writeSync(log, `${line}\n`)
  }
  const watchdog = child.stdio[3] as NodeJS.ReadableStream
  watchdog.on('data', (used) => {
    cause = {
      errorType: 'Runtime.OutOfMemory',
      errorMessage: `The process took ${used} MB of memory, and the function has ${settings.memoryMegabytes} MB.`,
    }
  })
  // A process that ends takes its end of the pipe with it; that it ended is reported below.
  watchdog.on('error', () => {})

  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      cause ??= { errorType: 'Runtime.SpawnError', errorMessage: error.message }
    })
    child.on('close', (code, signal) => {
      cause ??= {
        errorType: 'Runtime.ExitError',
        errorMessage: `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`,
      }
      if (cause.errorType !== stopped.errorType) write(`${cause.errorType}: ${cause.errorMessage}`)
      closeSync(log)
      ready.resolve()
      settle({ ok: false, error: cause })
      void api.close().then(() => {
        onEnd()
        resolve()
      })
    })
  })
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null && cause === null
  const kill = (error: FunctionError): void => {
    cause ??= error
    child.kill('SIGKILL')
  }

  const invoke = async (requestId: string, event: string): Promise<Outcome> => {
    const initTimer = setTimeout(
      () => kill({ errorType: 'Sandbox.Timedout', errorMessage: `Init took over ${initTimeoutSeconds} seconds.` }),
      initTimeoutSeconds * 1000,
    )
    await ready.promise
    clearTimeout(initTimer)
    if (cause !== null) return { ok: false, error: cause }
    const { timeoutSeconds, arn } = settings
    const started = performance.now()
    const outcome = await new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => {
        const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
        kill({ errorType: 'Sandbox.Timedout', errorMessage })
      }, timeoutSeconds * 1000)
      const settleOnce = (result: Outcome): void => {
        clearTimeout(timer)
        resolve(result)
      }
      current = { requestId, settle: settleOnce }
      write(`START RequestId: ${requestId}`)
      api.offer({ requestId, event, functionArn: arn, deadline: Date.now() + timeoutSeconds * 1000 })
    })
    if (isAlive()) write(`END RequestId: ${requestId} Duration: ${(performance.now() - started).toFixed(1)} ms`)
    return outcome
  }

  return {
    invoke,
    isAlive,
    end: () => {
      kill(stopped)
      return ended
    },
  }
}

/** The heap takes nine tenths of the memory, as in Lambda's own start script for Node; the watchdog holds the whole. */
const nodeOptions = (memoryMegabytes: number): string[] => [
  `--max-old-space-size=${Math.floor(memoryMegabytes * 0.9)}`,
  `--max-semi-space-size=${Math.max(1, Math.floor(memoryMegabytes * 0.05))}`,
]

/** "Defined runtime environment variables" of the developer guide; nothing of this process's own environment. */
const environmentOf = (settings: FunctionSettings, runtimeApi: string): Record<string, string> => ({
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
  PATH: process.env.PATH ?? '',
  ...settings.environment,
  _HANDLER: settings.handler,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMegabytes),
  AWS_LAMBDA_FUNCTION_NAME: settings.name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_LAMBDA_RUNTIME_API: runtimeApi,
  LAMBDA_RUNTIME_DIR: import.meta.dirname,
  LAMBDA_TASK_ROOT: settings.code,
})
