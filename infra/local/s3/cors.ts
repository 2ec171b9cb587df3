import { S3Error } from './errors.ts'

/** A rule of the bucket's `CorsConfiguration` in the template. */
export type CorsRule = {
  readonly AllowedOrigins: readonly string[]
  readonly AllowedMethods: readonly string[]
  readonly AllowedHeaders: readonly string[]
  readonly ExposedHeaders: readonly string[]
  readonly MaxAge?: number
}

type Asked = { readonly origin: string; readonly method: string; readonly headers: readonly string[] }

/** Headers that let the browser read an answer, empty where no rule allows it ("Using CORS", S3 user guide). */
export const corsHeaders = (rules: readonly CorsRule[], origin: string, method: string): Record<string, string> => {
  const rule = find(rules, { origin, method, headers: [] })
  return rule === undefined ? {} : { ...allow(rule, origin), ...expose(rule) }
}

/** The answer to a preflight request. Throws 403 when no rule allows what it asks for. */
export const preflightHeaders = (rules: readonly CorsRule[], asked: Asked): Record<string, string> => {
  const rule = find(rules, asked)
  if (rule === undefined) throw new S3Error('AccessForbidden', 403, 'CORSResponse: This CORS request is not allowed.')
  return {
    ...allow(rule, asked.origin),
    ...expose(rule),
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    ...(asked.headers.length > 0 && { 'access-control-allow-headers': asked.headers.join(', ') }),
    ...(rule.MaxAge !== undefined && { 'access-control-max-age': String(rule.MaxAge) }),
  }
}

const find = (rules: readonly CorsRule[], { origin, method, headers }: Asked): CorsRule | undefined =>
  rules.find(
    (rule) =>
      rule.AllowedOrigins.some((pattern) => matches(pattern, origin)) &&
      rule.AllowedMethods.includes(method) &&
      headers.every((name) =>
        rule.AllowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase())),
      ),
  )

/** A pattern may hold one `*`. */
const matches = (pattern: string, text: string): boolean => {
  const [before, after] = pattern.split('*')
  if (after === undefined) return pattern === text
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}

const allow = (rule: CorsRule, origin: string): Record<string, string> => ({
  'access-control-allow-origin': rule.AllowedOrigins.includes('*') ? '*' : origin,
  vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
})

const expose = (rule: CorsRule): Record<string, string> =>
  rule.ExposedHeaders.length > 0 ? { 'access-control-expose-headers': rule.ExposedHeaders.join(', ') } : {}
