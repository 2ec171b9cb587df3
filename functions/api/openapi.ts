import type { z } from 'zod'
import { Problem } from '../../shared/cases/api.ts'
import answerExamples from './answer-examples.json' with { type: 'json' }
import { bodyExamples } from './examples.ts'
import { takesKey } from './idempotency.ts'
import { describedWebhooks } from './openapi-webhooks.ts'
import { notFound } from './problem.ts'
import type { Route } from './route.ts'
import { schemaOf } from './schema-of.ts'

/** `POST /cases/{caseId}/notes`: how a route is named in tables and tests. */
export const operationOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

/**
 * The API's own description (OpenAPI 3.1), made of the schemas its requests are checked by. `issuer` is the OpenID
 * Connect provider whose access tokens it takes.
 */
export const openApi = (routes: readonly Route[], version: string, issuer: string): unknown => {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = `/api${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'dumpline', version, description },
    security: [{ signedIn: [] }],
    paths,
    webhooks: describedWebhooks,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output'), GatewayError: gatewayError },
      securitySchemes: {
        signedIn: {
          type: 'openIdConnect',
          openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
          description:
            'An access token as `Authorization: Bearer`. People get one by the code flow, machines by client credentials.',
        },
      },
    },
  }
}

const description = `Which driver is eating kernel pool, and how we know.

Errors are problem documents (RFC 9457); \`type\` stays stable. Only what API Gateway answers by itself has its own form:
401 without a valid token, 413, 429 and 503.

A create takes an \`Idempotency-Key\`: the same key with the same body gets the same answer for a day. Lists give a
\`nextCursor\`, which is the \`cursor\` of the next page. 429 says in \`Retry-After\` when to ask again.

Whoever wants to hear of verdicts adds a webhook, or a rule to the event bus of the deployment: the same events go there,
with the source \`dumpline\`, the type as \`detail-type\` and the whole event as \`detail\`; those of batches of old cases, which have
a \`batchId\`, go there alone. Both tell at least once, and an event has the same \`id\` each time.`

/** As API Gateway's HTTP APIs answer by themselves: nobody can give these another form. */
const gatewayError = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] }

const operation = (route: Route) => ({
  operationId: operationId(route),
  tags: [route.path.split('/')[1]],
  summary: route.summary,
  ...(route.permission === null
    ? { security: [] }
    : { description: `Takes the permission \`${route.permission}\`.`, 'x-permission': route.permission }),
  parameters: [...pathParameters(route.path), ...queryParameters(route.query), ...headerParameters(route)],
  ...(route.body ? { requestBody: { required: true, content: bodyContent(route, route.body) } } : {}),
  responses: {
    [route.status]: {
      description: route.summary,
      ...(takesKey(route) ? { headers: { 'Idempotency-Replayed': replayed } } : {}),
      ...(route.response || route.texts ? { content: answerContent(route) } : {}),
    },
    ...(route.redirects ? { 307: redirected } : {}),
    ...(route.permission === null ? {} : { 401: unauthorized }),
    429: tooMany,
    default: { description: 'A problem document (RFC 9457)', content: problem },
  },
})

/** `getCasesById`: unique, since method and path are. */
const operationId = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .split(/[/.-]/)
    .filter((part) => part !== '')
    .map((part) => part.replace(/^\{(\w+)\}$/, 'by-$1'))
    .flatMap((part) => part.split('-'))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const problem = {
  'application/problem+json': {
    schema: { $ref: '#/components/schemas/Problem' },
    example: { ...notFound('case').problem, instance: '/api/cases/case_01jz3s6q8e5k0v9h2m4n6p8r0t' },
  },
}
const gateway = {
  'application/json': {
    schema: { $ref: '#/components/schemas/GatewayError' },
    example: { message: 'Unauthorized' },
  },
}
const retryAfter = { description: 'Seconds to wait', schema: { type: 'integer' } }
const unauthorized = { description: 'No access token, or not a valid one', content: { ...problem, ...gateway } }
const tooMany = {
  description: 'Too many requests in this minute',
  headers: { 'Retry-After': retryAfter },
  content: { ...problem, ...gateway },
}
const redirected = {
  description: 'The answer is too long for the API: a link to it, for minutes at most',
  headers: { Location: { schema: { type: 'string', format: 'uri' } } },
}
const replayed = {
  description: '`true` where this is the answer to an earlier request with the same key',
  schema: { type: 'string' },
}

/** Answers of the tests' world, by operation and media type: a test holds that they are what it answers today. */
const examples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = answerExamples

const answerContent = (route: Route) => {
  const schemas: readonly (readonly [mediaType: string, schema: unknown])[] = route.response
    ? [['application/json', schemaOf(route.response, 'output')]]
    : (route.texts ?? []).map((mediaType) => [mediaType, mediaType === 'application/json' ? {} : { type: 'string' }])
  const shown = examples[operationOf(route)] ?? {}
  return Object.fromEntries(schemas.map(([mediaType, schema]) => [mediaType, { schema, example: shown[mediaType] }]))
}

const bodyContent = (route: Route, body: z.ZodType) => ({
  'application/json': { schema: schemaOf(body, 'input'), example: bodyExamples[operationOf(route)] },
})

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

const queryParameters = (query: z.ZodObject | undefined) => {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schemaOf(query, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const headerParameters = (route: Route) =>
  takesKey(route)
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'Any text that is used once, for example a UUID: a repeat then creates nothing twice.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
      ]
    : []
