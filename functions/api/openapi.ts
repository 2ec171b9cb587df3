import { z } from 'zod'
import { Problem } from '../../shared/cases/api.ts'
import type { Route } from './route.ts'

/** The API's own description (OpenAPI 3.1), made of the schemas its requests are checked by. */
export const openApi = (routes: readonly Route[], version: string): unknown => {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = `/api${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'dumpline', version, description: 'Which driver is eating kernel pool, and how we know.' },
    paths,
    components: { schemas: { Problem: schemaOf(Problem, 'output') } },
  }
}

const operation = (route: Route) => ({
  summary: route.summary,
  parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
  ...(route.body ? { requestBody: { required: true, content: json(schemaOf(route.body, 'input')) } } : {}),
  responses: {
    [route.status]: {
      description: route.summary,
      ...(route.response ? { content: json(schemaOf(route.response, 'output')) } : {}),
      ...(route.texts ? { content: textContent(route.texts) } : {}),
    },
    default: {
      description: 'A problem document (RFC 9457)',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
})

const json = (schema: unknown) => ({ 'application/json': { schema } })

const textContent = (mediaTypes: readonly string[]) =>
  Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: { type: 'string' } }]))

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

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
