import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/api.ts'
import { operationOf } from '../../functions/api/openapi.ts'
import { makeWorld } from './api-world.ts'

/** Bodies that no schema means. */
const bodies: readonly (readonly [what: string, body: string])[] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number beyond all', '1e999'],
  ['a long string', JSON.stringify('x'.repeat(2 ** 20))],
  ['lists in lists without end', '['.repeat(100_000).concat(']'.repeat(100_000))],
  ['objects in objects without end', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['a prototype', '{"__proto__":{"title":"x"},"constructor":{"prototype":1}}'],
  ['keys without end', `{${Array.from({ length: 20_000 }, (_, index) => `"${'k'.repeat(20)}${index}":1`).join(',')}}`],
]

/** What a field is made to be. */
const values: readonly string[] = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e308',
  '9007199254740993',
  '""',
  '"\\u0000"',
  '"../../x"',
  '"\\ud800"',
  `"${'y'.repeat(100_000)}"`,
  `[${'0,'.repeat(20_000)}0]`,
]

/** Each field of an honest body in turn, made to be each of the values. */
const spoilt = (honest: unknown): readonly (readonly [what: string, body: string])[] =>
  Object.keys(honest ?? {}).flatMap((field) =>
    values.map((value): readonly [string, string] => {
      const others = Object.entries(honest ?? {}).filter(([name]) => name !== field)
      const written = [
        ...others.map(([name, was]) => `${JSON.stringify(name)}:${JSON.stringify(was)}`),
        `"${field}":${value}`,
      ]
      return [`${field}: ${value.slice(0, 20)}`, `{${written.join(',')}}`]
    }),
  )

const taking = (part: 'body' | 'query') =>
  routes.filter((route) => route[part] !== undefined).map((route) => [operationOf(route), route] as const)

/** Longer answers than this to a request that makes no sense would be echoes of it. */
const mostCharacters = 5_000

describe('whatever is sent is answered with a result or a problem in few words, never with a fault', () => {
  test.each(taking('body'))('%s', async (_, route) => {
    const { sampleOf } = await makeWorld()
    for (const [what, body] of [...bodies, ...spoilt(sampleOf(route).body)]) {
      const { call, pathOf } = await makeWorld()
      const { status, body: answer } = await call(route.method, pathOf(route), body, sampleOf(route).query)
      expect(status, what).toBeLessThan(500)
      if (status !== undefined && status >= 400)
        expect(JSON.stringify(answer).length, what).toBeLessThan(mostCharacters)
    }
  })

  test.each(taking('query'))('%s, by what it is asked', async (_, route) => {
    const { sampleOf } = await makeWorld()
    const names = Object.keys(route.query?.shape ?? {})
    for (const name of names)
      for (const value of [
        '',
        '-1',
        '1e99',
        'NaN',
        '0x10',
        '\0',
        '../..',
        'a'.repeat(10_000),
        '{"a":',
        '%',
        '[[',
        '*+?(',
      ]) {
        const { call, pathOf } = await makeWorld()
        const { body, query } = sampleOf(route)
        const { status, body: answer } = await call(route.method, pathOf(route), body, { ...query, [name]: value })
        expect(status, `${name}=${value.slice(0, 20)}`).toBeLessThan(500)
        if (status !== undefined && status >= 400)
          expect(JSON.stringify(answer).length, `${name}=${value.slice(0, 20)}`).toBeLessThan(mostCharacters)
      }
  })
})
