import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { z } from 'zod'
import { Health } from '../../shared/cases/api.ts'
import { type IdKind, isId } from '../../shared/cases/ids.ts'
import { isLinkToken } from '../../shared/cases/link-token.ts'
import { mayDo } from '../../shared/cases/permissions.ts'
import { describeError } from '../aws/describe-error.ts'
import { analysisRoutes } from './analyses.ts'
import { anonymous, callerOf } from './caller.ts'
import { caseSearchRoutes } from './case-search.ts'
import { caseRoutes } from './cases.ts'
import { comparisonRoutes } from './comparison.ts'
import { identityRoutes } from './identity.ts'
import { openApi } from './openapi.ts'
import type { ApiPorts } from './ports.ts'
import { badRequest, forbidden, invalid, notFound, ProblemError, problemResponse } from './problem.ts'
import { rawDumpRoutes } from './raw-dumps.ts'
import { reportRoutes } from './reports.ts'
import { type Reply, type Route, route } from './route.ts'
import { sharedReportRoutes } from './shared-reports.ts'
import { uploadRoutes } from './uploads.ts'
import { vendorLinkRoutes } from './vendor-links.ts'

const generalRoutes = [
  route({
    method: 'GET',
    path: '/health',
    permission: null,
    summary: 'Whether the API answers, and with which engine',
    status: 200,
    response: Health,
    run: async (_request, { engineVersion }) => ({ value: { status: 'ok', engineVersion } }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    permission: null,
    summary: 'This description',
    status: 200,
    response: z.looseObject({ openapi: z.string() }),
    run: async (_request, { engineVersion }) => ({ value: openApi(routes, engineVersion) }),
  }),
]

export const routes: readonly Route[] = [
  ...generalRoutes,
  ...identityRoutes,
  ...caseRoutes,
  ...caseSearchRoutes,
  ...uploadRoutes,
  ...analysisRoutes,
  ...comparisonRoutes,
  ...reportRoutes,
  ...vendorLinkRoutes,
  ...sharedReportRoutes,
  ...rawDumpRoutes,
]

/** The HTTP API as a Lambda handler (payload format 2.0). Whatever goes wrong is answered with a problem document. */
export const apiHandler = (ports: ApiPorts, logger: Logger) =>
  middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      onError: (request) => {
        const { error } = request
        if (!(error instanceof ProblemError)) logger.error('A request failed.', { problem: describeError(error) })
        const problem = error instanceof ProblemError ? error.problem : null
        request.response = problemResponse(problem, request.event.rawPath)
      },
    })
    .handler(
      httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
        routes: routes.map((route) => ({
          method: route.method,
          path: `/api${route.path}`,
          handler: (event: APIGatewayProxyEventV2) => dispatch(route, event, ports),
        })),
        notFoundResponse: ({ method, path }) => {
          throw new ProblemError(404, 'no-such-path', 'Not found', `The API has no ${method} ${path}.`)
        },
      }),
    )

const dispatch = async (
  route: Route,
  event: APIGatewayProxyEventV2,
  ports: ApiPorts,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const caller = route.permission === null ? anonymous : callerOf(event, ports.identity.claims)
  if (route.permission !== null && !mayDo(caller.role, route.permission)) throw forbidden(route.permission)
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
