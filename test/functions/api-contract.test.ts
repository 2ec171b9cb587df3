import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { bodyExamples } from '../../functions/api/examples.ts'
import { operationOf } from '../../functions/api/openapi.ts'
import type { Route } from '../../functions/api/route.ts'
import { EventType } from '../../shared/cases/webhooks/analysis-event.ts'
import { WebhookEvent } from '../../shared/cases/webhooks/webhook.ts'
import { prepare } from './api-under-test.ts'
import { makeWorld, ofNothing } from './api-world.ts'

type Content = Record<string, { schema: object; example?: unknown }>
type Described = {
  readonly operationId: string
  readonly security?: unknown[]
  readonly parameters?: { name: string; schema: { enum?: string[] } }[]
  readonly requestBody?: { content: Content }
  readonly responses: Record<string, { content?: Content; headers?: object }>
}
type Document = {
  readonly paths: Record<string, Record<string, Described>>
  readonly webhooks: Record<string, { post: { requestBody: { content: Content } } }>
  readonly components: { readonly schemas: Record<string, object> }
}

const served = await (await makeWorld()).call('GET', '/api/openapi.json', undefined, undefined, null)
const document = served.body as Document

const ajv = new Ajv2020({ strict: false, allErrors: true })
;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
ajv.addSchema({ $id: 'doc', components: document.components })
const compiled = new Map<object, ValidateFunction>()
const validatorOf = (schema: object): ValidateFunction => {
  const known =
    compiled.get(schema) ??
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')))
  compiled.set(schema, known)
  return known
}

const describedOf = (route: Route): Described => document.paths[`/api${route.path}`][route.method.toLowerCase()]

type Answer = { readonly status?: number; readonly headers: object; readonly body: unknown }

/** Holds an answer against what the document says of its status and media type. */
const expectDescribed = (route: Route, { status, headers, body }: Answer): void => {
  const { responses } = describedOf(route)
  const described = responses[String(status)] ?? responses.default
  const where = `${operationOf(route)} answered ${status} ${JSON.stringify(body)?.slice(0, 300)}`
  const mediaType = (headers as Record<string, string>)['content-type']?.split(';')[0]
  if (described.content === undefined) {
    expect(body, where).toBeUndefined()
    return
  }
  expect(Object.keys(described.content), where).toContain(mediaType)
  const validate = validatorOf(described.content[mediaType].schema)
  validate(body)
  expect(validate.errors ?? [], where).toEqual([])
}

/** The description cannot be its own example. */
const itself = 'GET /openapi.json'
const head = ({ openapi, info }: { openapi: string; info: object }) => ({ openapi, info })

describe('the description of the API', () => {
  test('is a valid OpenAPI 3.1 document', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(served.body))
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
  })

  test('shows an event of each type that is sent, as it is sent', () => {
    expect(Object.keys(document.webhooks)).toEqual(EventType.options)
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const { schema, example } = post.requestBody.content['application/json']
      const validate = validatorOf(schema)
      validate(example)
      expect(validate.errors ?? [], type).toEqual([])
      expect(WebhookEvent.parse(example).type).toBe(type)
    }
  })

  test('names each operation once, and the one way to sign in', () => {
    const all = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(all).toHaveLength(routes.length)
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(routes.length)
    const open = routes.filter((route) => describedOf(route).security?.length === 0)
    expect(open.map(operationOf)).toEqual(routes.filter(({ permission }) => permission === null).map(operationOf))
    expect(document).toMatchObject({
      security: [{ signedIn: [] }],
      components: {
        securitySchemes: {
          signedIn: { openIdConnectUrl: 'https://people.example/.well-known/openid-configuration' },
        },
      },
    })
  })

  test('has an example of each body, which the body’s schema takes', () => {
    const withBody = routes.filter(({ body }) => body !== undefined)
    expect(Object.keys(bodyExamples).sort()).toEqual(withBody.map(operationOf).sort())
    for (const route of withBody) {
      const { schema, example } = describedOf(route).requestBody!.content['application/json']
      expect([operationOf(route), validatorOf(schema)(example), route.body!.safeParse(example).success]).toEqual([
        operationOf(route),
        true,
        true,
      ])
    }
  })

  test('has an example of each answer: what the world of the tests answers, which the schema takes', async () => {
    const answers: Record<string, Record<string, unknown>> = {}
    for (const route of routes) {
      // Each on a world of its own: what one operation did would show in the answers of the next.
      const { call, pathOf, sampleOf } = await makeWorld()
      const { body, query } = sampleOf(route)
      const as = route.permission === null ? null : {}
      const formats = describedOf(route).parameters?.find(({ name }) => name === 'format')?.schema.enum ?? [null]
      const shown: Record<string, unknown> = {}
      for (const format of formats) {
        const asked = format === null ? query : { ...query, format }
        const answer = await call(route.method, pathOf(route), body, asked, as)
        expect(answer.status, operationOf(route)).toBe(route.status)
        const mediaType = (answer.headers as Record<string, string>)['content-type']?.split(';')[0]
        if (mediaType !== undefined) shown[mediaType] = operationOf(route) === itself ? head(answer.body) : answer.body
      }
      answers[operationOf(route)] = shown
    }
    // After a change of an answer: npx vitest run test/functions/api-contract.test.ts --update
    await expect(`${JSON.stringify(answers, null, 2)}\n`).toMatchFileSnapshot(
      '../../functions/api/answer-examples.json',
    )
    for (const route of routes) {
      const shown = answers[operationOf(route)]
      const { content = {} } = describedOf(route).responses[route.status]
      expect(Object.keys(content), operationOf(route)).toEqual(Object.keys(shown))
      for (const { schema, example } of Object.values(content))
        expect([operationOf(route), validatorOf(schema)(example)]).toEqual([operationOf(route), true])
    }
  })

  test('keeps no answer that holds a secret', () => {
    for (const route of routes) {
      const holdsSecret = /"(token|secret)":\{/.test(JSON.stringify(describedOf(route).responses[route.status]))
      expect([operationOf(route), route.answersSecret === true]).toEqual([operationOf(route), holdsSecret])
    }
  })

  test('has a cursor for each list that could grow without end', () => {
    // What has a bound of its own: what is in one case, the parts of one upload, a tenant’s webhooks.
    const bounded = [
      'GET /webhooks',
      'GET /cases/{caseId}',
      'GET /cases/{caseId}/vendor-links',
      'GET /cases/{caseId}/upload-links',
      'GET /cases/{caseId}/uploads/{uploadId}/parts',
      'GET /upload-links/{token}',
      'GET /upload-links/{token}/uploads/{uploadId}/parts',
    ]
    for (const route of routes) {
      const schema = describedOf(route).responses[route.status].content?.['application/json']?.schema as
        | { properties?: Record<string, { type?: string }> }
        | undefined
      const properties = schema?.properties ?? {}
      const isList =
        Object.keys(properties).length <= 2 && Object.values(properties).some(({ type }) => type === 'array')
      if (!isList || bounded.includes(operationOf(route)) || route.method !== 'GET') continue
      expect([operationOf(route), Object.keys(properties)]).toEqual([
        operationOf(route),
        expect.arrayContaining(['nextCursor']),
      ])
      expect(Object.keys(route.query?.shape ?? {})).toEqual(expect.arrayContaining(['cursor', 'limit']))
    }
  })
})

describe.each(routes.map((route) => [operationOf(route), route] as const))('%s', (_, route) => {
  test('answers what the description says, when asked well', async () => {
    const { ask } = await makeWorld()
    const answer = await ask(route, route.permission === null ? null : {})
    expect(answer.status, JSON.stringify(answer.body)).toBe(route.status)
    expectDescribed(route, answer)
  })

  test('answers a problem for what is not there, for ids of another form, and without a token', async () => {
    const { ask, pathOf } = await makeWorld()
    const as = route.permission === null ? null : {}
    if (route.path.includes('{'))
      for (const change of [ofNothing, () => 'nonsense', () => '..%2f', (_name: string, id: string) => `${id}x`]) {
        const answer = await ask(route, as, pathOf(route, change))
        expect(answer.status).toBe(404)
        expectDescribed(route, answer)
      }
    if (route.permission !== null) {
      const answer = await ask(route, null)
      expect(answer.status).toBe(401)
      expectDescribed(route, answer)
    }
  })

  if (route.body !== undefined)
    test('answers a problem for a bad body, and changes nothing', async () => {
      const { call, pathOf, sampleOf, table } = await makeWorld()
      const good = sampleOf(route).body as Record<string, unknown>
      const before = JSON.stringify([...table.items.values()].filter(({ sk }) => sk !== 'rate'))
      const wrong: unknown[] = ['{', '', '[]', '"text"', '12', 'null', { ...good, isAdmin: true }]
      for (const name of Object.keys(good)) wrong.push({ ...good, [name]: { nested: true } })
      wrong.push({ ...good, [Object.keys(good)[0]]: 'x'.repeat(100_000) })
      for (const body of wrong) {
        const answer = await call(route.method, pathOf(route), body, undefined, route.permission === null ? null : {})
        expect([body, answer.status]).toEqual([body, 400])
        expectDescribed(route, answer)
      }
      expect(JSON.stringify([...table.items.values()].filter(({ sk }) => sk !== 'rate'))).toBe(before)
    })

  if (route.query !== undefined)
    test('answers a problem for a bad query', async () => {
      const { call, pathOf, sampleOf } = await makeWorld()
      const { query = {} } = sampleOf(route)
      for (const name of ['limit', 'cursor', 'format', 'address', 'length', 'bytes'])
        if (name in route.query!.shape)
          for (const value of ['-1', 'x'.repeat(5000), '{}']) {
            const answer = await call(
              route.method,
              pathOf(route),
              undefined,
              { ...query, [name]: value },
              route.permission === null ? null : {},
            )
            expect([name, value, answer.status]).toEqual([name, value, 400])
            expectDescribed(route, answer)
          }
    })
})

test('a path that is not there, and a fault of ours, are problems too', async () => {
  const { call } = prepare({
    store: () => {
      throw new Error('The table is away.')
    },
  })
  const missing = await call('GET', '/api/nothing')
  expect(missing).toMatchObject({ status: 404, body: { type: 'urn:dumpline:problem:no-such-path' } })
  const fault = await call('POST', '/api/cases', bodyExamples['POST /cases'])
  expect(fault).toMatchObject({ status: 500, body: { type: 'urn:dumpline:problem:internal' } })
  expect(JSON.stringify(fault.body)).not.toContain('The table is away.')
  const validate = validatorOf({ $ref: '#/components/schemas/Problem' })
  for (const { body } of [missing, fault]) expect(validate(body)).toBe(true)
})
