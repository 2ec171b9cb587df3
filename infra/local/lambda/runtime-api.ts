import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOnLoopback, readBody } from '../endpoints/loopback.ts'

/** What a function's process says of an invocation, or of its start. */
export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError }

export type FunctionError = {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

export type Invocation = {
  readonly requestId: string
  readonly event: string
  readonly functionArn: string
  /** When the process will be ended, in milliseconds. */
  readonly deadline: number
}

/** 6 MiB and a little: the largest payload of a synchronous invocation ("Lambda quotas"). */
export const largestPayload = 6_291_556

/** The Lambda Runtime API for one process. */
export type RuntimeApi = {
  /** `host:port`, as `AWS_LAMBDA_RUNTIME_API` holds it. */
  readonly address: string
  /** Gives the process its next event, as soon as it asks for one. */
  readonly offer: (invocation: Invocation) => void
  readonly close: () => Promise<void>
}

export type Listener = {
  /** The process is ready for an event. */
  readonly onIdle: () => void
  readonly onInitError: (error: FunctionError) => void
  readonly onOutcome: (requestId: string, outcome: Outcome) => void
}

/** Serves one process on a port of its own, until it is closed ("Using the Lambda runtime API", developer guide). */
export const startRuntimeApi = async (listener: Listener): Promise<RuntimeApi> => {
  const loopback = await listenOnLoopback(0)
  let asking: ServerResponse | null = null
  let offered: Invocation | null = null

  const give = (): void => {
    if (asking === null || offered === null) return
    asking.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': offered.requestId,
      'lambda-runtime-deadline-ms': String(offered.deadline),
      'lambda-runtime-invoked-function-arn': offered.functionArn,
    })
    asking.end(offered.event)
    asking = null
    offered = null
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').replace('/2018-06-01/runtime', '')
    if (request.method === 'GET' && path === '/invocation/next') {
      asking = response
      listener.onIdle()
      give()
      return
    }
    const [, requestId, what] = /^\/invocation\/([\w-]+)\/(response|error)$/.exec(path) ?? []
    if (request.method !== 'POST' || (what === undefined && path !== '/init/error')) {
      response.writeHead(404).end()
      return
    }
    const payload = (await readBody(request, 64 * 2 ** 20)).toString()
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    if (what === undefined) listener.onInitError(JSON.parse(payload) as FunctionError)
    else if (what === 'error') listener.onOutcome(requestId, { ok: false, error: JSON.parse(payload) as FunctionError })
    else listener.onOutcome(requestId, limited(payload))
  }

  loopback.serve((request, response) =>
    handle(request, response).catch((error: unknown) => {
      // The process went away in the middle of its answer: that it ended is reported by whoever watches it.
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    }),
  )
  return {
    address: `127.0.0.1:${loopback.port}`,
    offer: (invocation) => {
      offered = invocation
      give()
    },
    close: loopback.close,
  }
}

const limited = (payload: string): Outcome =>
  Buffer.byteLength(payload) <= largestPayload
    ? { ok: true, payload }
    : {
        ok: false,
        error: {
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `Response payload size exceeded maximum allowed payload size (${largestPayload} bytes).`,
        },
      }
