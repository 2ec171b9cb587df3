import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { splitTarget } from '../endpoints/canonical-request.ts'
import { BodyTooLarge, readBody } from '../endpoints/loopback.ts'
import type { LambdaFunction } from '../lambda/function.ts'
import type { FunctionError } from '../lambda/runtime-api.ts'
import type { Authorize } from './jwt-authorizer.ts'
import { eventOf, responseOf } from './payload.ts'
import { matchRoute } from './routes.ts'

/** 10 MB: "Quotas for configuring and running an HTTP API". */
const largestBody = 10 * 2 ** 20

export type ApiRoute = {
  readonly routeKey: string
  readonly function: LambdaFunction
  readonly timeoutMillis: number
  /** Null where anybody may come. */
  readonly authorize: Authorize | null
}

export type HttpParts = {
  readonly routes: readonly ApiRoute[]
  /** Answers what no route is for. */
  readonly portal: (method: string, path: string, response: ServerResponse) => Promise<void>
  readonly onFailure: (name: string, error: FunctionError) => void
}

/**
 * The HTTP API and the portal on one origin, as a distribution in front of both would show them. `$default` gets what
 * is below `/api/` and has no route of its own; everything else is the portal's.
 */
export const httpServer = ({ routes, portal, onFailure }: HttpParts) => {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default')

  const callFunction = async (
    route: ApiRoute,
    pathParameters: Readonly<Record<string, string>>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { method = '', url = '/', headers } = request
    const body = await readBody(request, largestBody)
    const claims = route.authorize === null ? null : await route.authorize(headers.authorization)
    if (claims !== null && 'refused' in claims) {
      response.setHeader('www-authenticate', claims.refused)
      return message(response, 401, 'Unauthorized')
    }
    const event = eventOf({
      method,
      target: url,
      headers,
      body,
      routeKey: route.routeKey,
      pathParameters,
      claims: claims?.claims ?? null,
      requestId: randomUUID(),
      at: Date.now(),
    })
    const timeout = Promise.withResolvers<null>()
    const timer = setTimeout(() => timeout.resolve(null), route.timeoutMillis)
    const outcome = await Promise.race([route.function.invoke(event), timeout.promise])
    clearTimeout(timer)
    if (outcome === null) return message(response, 503, 'Service Unavailable')
    if (!outcome.ok) {
      onFailure(route.function.name, outcome.error)
      return message(response, 500, 'Internal Server Error')
    }
    const answer = responseOf(outcome.payload)
    if (answer === null) {
      onFailure(route.function.name, {
        errorType: 'Api.Answer',
        errorMessage: `Not an HTTP answer: ${outcome.payload}`,
      })
      return message(response, 500, 'Internal Server Error')
    }
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(answer.status !== 204 && answer.status !== 304 && { 'content-length': answer.body.length }),
    })
    response.end(method === 'HEAD' ? undefined : answer.body)
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = splitTarget(request.url ?? '/')
    const match = matchRoute(routes, request.method ?? '', path)
    try {
      if (match !== undefined) await callFunction(match.route, match.pathParameters, request, response)
      else if (!path.startsWith('/api/')) await portal(request.method ?? '', path, response)
      else if (fallback !== undefined) await callFunction(fallback, {}, request, response)
      else message(response, 404, 'Not Found')
    } catch (error) {
      if (response.destroyed) return
      if (!(error instanceof BodyTooLarge)) throw error
      request.resume()
      message(response, 413, 'Request Entity Too Large')
    }
  }
}

/** An error as API Gateway itself says it. */
const message = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message: text }))
}
