import type { IncomingHttpHeaders } from 'node:http'
import { queryParameters, splitTarget } from '../endpoints/canonical-request.ts'
import { account } from '../template/template.ts'
import type { Claims } from './jwt-authorizer.ts'

/** A request as it arrived, with what the route made of it. */
export type Arrived = {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly routeKey: string
  readonly pathParameters: Readonly<Record<string, string>>
  /** What the token says, where the route has an authorizer. */
  readonly claims: Claims | null
  readonly requestId: string
  /** Milliseconds. */
  readonly at: number
}

/** The event a function gets: payload format 2.0 ("AWS Lambda proxy integrations for HTTP APIs"). */
export const eventOf = (request: Arrived): Record<string, unknown> => {
  const { method, headers, body, routeKey, pathParameters, claims, at } = request
  const [path, query] = splitTarget(request.target)
  const { cookie, ...others } = headers
  const parameters: Record<string, string> = {}
  for (const [name, value] of queryParameters(query))
    parameters[name] = Object.hasOwn(parameters, name) ? `${parameters[name]},${value}` : value
  const isText = isTextual(headers['content-type'])
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    ),
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: account,
      apiId: 'local',
      ...(claims !== null && { authorizer: { jwt: { claims, scopes: null } } }),
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage: '$default',
      time: clfTime(at),
      timeEpoch: at,
    },
    ...(body.length > 0 && { body: isText ? body.toString() : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

/** `12/Mar/2024:19:03:58 +0000` */
const clfTime = (at: number): string => {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString())!
  return `${day}/${month}/${year}:${time} +0000`
}

const isTextual = (contentType = ''): boolean =>
  /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded)\b|[\w.-]+\/[\w.-]+\+(json|xml)\b)/i.test(
    contentType,
  )

export type Response = {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  readonly body: Buffer
}

/**
 * What a function's answer is to the client. One without `statusCode` is taken for the body itself, as JSON with status
 * 200; null when it is no answer at all, which the client sees as 500.
 */
export const responseOf = (payload: string): Response | null => {
  const answer = JSON.parse(payload) as unknown
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    const text = typeof answer === 'string' ? answer : payload
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer as Record<string, unknown>
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return null
  const own: Record<string, string | string[]> = { 'content-type': 'text/plain;charset=UTF-8' }
  for (const [name, value] of Object.entries((headers as Record<string, unknown>) ?? {}))
    own[name.toLowerCase()] = String(value)
  if (Array.isArray(cookies) && cookies.length > 0) own['set-cookie'] = cookies.map(String)
  return { status, headers: own, body: Buffer.from(String(body ?? ''), isBase64Encoded === true ? 'base64' : 'utf8') }
}
