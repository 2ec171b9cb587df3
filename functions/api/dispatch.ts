import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { z } from 'zod'
import { type IdKind, isId } from '../../shared/cases/ids.ts'
import { isLinkToken } from '../../shared/cases/links/link-token.ts'
import { mayDo } from '../../shared/cases/permissions.ts'
import { anonymous, callerOf } from './caller.ts'
import { answerOnce } from './idempotency.ts'
import type { ApiPorts } from './ports.ts'
import { badRequest, forbidden, invalid, notFound } from './problem.ts'
import { limiter } from './rate-limit.ts'
import type { Reply, Route } from './route.ts'

/** Answers a request to a route: who asks, whether they may and how often, whether what they ask can be understood. */
export const dispatcher = (ports: ApiPorts) => {
  const limit = limiter(ports)
  return async (route: Route, event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    if (route.permission === null) {
      await limit.anybody(route, event, event.pathParameters?.token)
      return run(route, event, anonymous, ports)
    }
    const caller = callerOf(event, ports.identity.claims)
    await limit.caller(caller)
    if (!mayDo(caller.role, route.permission)) throw forbidden(route.permission)
    return answerOnce(route, event, caller, ports, () => run(route, event, caller, ports))
  }
}

const run = async (
  route: Route,
  event: APIGatewayProxyEventV2,
  caller: typeof anonymous,
  ports: ApiPorts,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const reply = await route.run(
    {
      tenant: caller.tenant,
      caller,
      path: idsOf(event.pathParameters ?? {}),
      query: check(route.query ?? z.unknown(), event.queryStringParameters ?? {}),
      body: route.body === undefined ? undefined : check(route.body, bodyOf(event)),
    },
    ports,
  )
  return respond(route, reply)
}

/** An id of the wrong form names nothing; it never gets as far as a key. */
const idsOf = (parameters: Record<string, string | undefined>): Record<string, string> => {
  const ids: Record<string, string> = {}
  for (const [name, value = ''] of Object.entries(parameters)) {
    const kind = name.replace(/Id$/, '')
    if (name === 'proxy') continue
    if (name === 'token' ? !isLinkToken(value) : !isId(kind as IdKind, value)) throw notFound(kind)
    ids[name] = value
  }
  return ids
}

const bodyOf = (event: APIGatewayProxyEventV2): unknown => {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '')
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('not-json', 'The body of the request is not JSON.')
  }
}

const check = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw invalid(parsed.error)
  return parsed.data
}

const respond = (route: Route, reply: Reply): APIGatewayProxyStructuredResultV2 => {
  // Results are for the one who asked: no shared cache keeps them.
  const headers = { 'cache-control': 'no-store' }
  if ('empty' in reply) return { statusCode: route.status, headers }
  if ('redirect' in reply) return { statusCode: 307, headers: { ...headers, location: reply.redirect } }
  if ('text' in reply) return respondText(route.status, headers, reply)
  if ('gzippedJson' in reply)
    return {
      statusCode: route.status,
      headers: { ...headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: reply.gzippedJson.toString('base64'),
      isBase64Encoded: true,
    }
  const body = 'json' in reply ? reply.json : JSON.stringify(route.response?.parse(reply.value))
  return { statusCode: route.status, headers: { ...headers, 'content-type': 'application/json' }, body }
}

const respondText = (
  statusCode: number,
  shared: Record<string, string>,
  { text, mediaType, fileName }: Extract<Reply, { text: string }>,
): APIGatewayProxyStructuredResultV2 => {
  const headers: Record<string, string> = { ...shared, 'content-type': `${mediaType}; charset=utf-8` }
  if (fileName !== undefined) headers['content-disposition'] = `attachment; filename="${fileName}"`
  return { statusCode, headers, body: text }
}
