/** A route of the HTTP API, e.g. `GET /api/cases/{id}`, `ANY /api/{proxy+}` or `$default`. */
export type Route = { readonly routeKey: string }

export type Match<R extends Route> = { readonly route: R; readonly pathParameters: Readonly<Record<string, string>> }

/**
 * The route of a request ("Routing API requests", API Gateway developer guide): the path that says most wins, a fixed
 * segment over a parameter over a greedy one, then the method over `ANY`. `$default` is left to the caller. `path` is
 * as it was sent; a parameter's value is decoded.
 */
export const matchRoute = <R extends Route>(
  routes: readonly R[],
  method: string,
  path: string,
): Match<R> | undefined => {
  const segments = path.split('/').slice(1)
  const candidates = routes.flatMap((route) => {
    const fields = /^(\S+) (\/\S*)$/.exec(route.routeKey)
    if (fields === null || (fields[1] !== 'ANY' && fields[1] !== method)) return []
    const pattern = fields[2].split('/').slice(1)
    const pathParameters = matchSegments(pattern, segments)
    if (pathParameters === undefined) return []
    return [{ route, pathParameters, rank: [...pattern.map(rankOf), fields[1] === 'ANY' ? 1 : 0] }]
  })
  const [best] = candidates.sort((a, b) => compareRanks(a.rank, b.rank))
  return best && { route: best.route, pathParameters: best.pathParameters }
}

const parameter = /^\{([^}+]+)(\+?)\}$/

const rankOf = (segment: string): number => {
  const fields = parameter.exec(segment)
  return fields === null ? 0 : fields[2] === '' ? 1 : 2
}

const compareRanks = (a: readonly number[], b: readonly number[]): number => {
  const different = a.findIndex((rank, index) => rank !== b[index])
  return different < 0 ? 0 : a[different] - (b[different] ?? 0)
}

const matchSegments = (
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined => {
  const values: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const fields = parameter.exec(part)
    if (fields === null) {
      if (part !== segments[index]) return undefined
      continue
    }
    const value = fields[2] === '' ? segments[index] : segments.slice(index).join('/')
    if (value === undefined || value === '') return undefined
    values[fields[1]] = decode(value)
    if (fields[2] !== '') return values
  }
  return pattern.length === segments.length ? values : undefined
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded text: the function gets what was sent.
    return text
  }
}
