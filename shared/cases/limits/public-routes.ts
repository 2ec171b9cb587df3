/** A route that anybody may ask, and how often. */
export type PublicRoute = {
  /** As API Gateway writes a route. */
  readonly key: string
  /** What API Gateway lets through a second, of everybody together; `burst` at once. */
  readonly perSecond: number
  readonly burst: number
  /** What one link, and one network address, may ask in a minute of the clock. */
  readonly perMinute: number
}

/**
 * What anybody may ask the API without signing in: everything else needs a token. Each route whose permission is null is
 * one of these, and no other is (held by a test). Each has a throttle of its own, so that a flood at one, of guessed
 * links for example, takes nothing of the others.
 */
export const publicRoutes: readonly PublicRoute[] = [
  { key: 'GET /api/health', perSecond: 5, burst: 10, perMinute: 120 },
  { key: 'GET /api/openapi.json', perSecond: 5, burst: 10, perMinute: 60 },
  { key: 'GET /api/sign-in', perSecond: 20, burst: 40, perMinute: 120 },
  { key: 'ANY /api/upload-links/{proxy+}', perSecond: 25, burst: 50, perMinute: 600 },
  // Each asks for addresses of 64 MiB of parts (shared/upload/transfer-parts.ts): this is enough for 10 Gbit/s.
  { key: 'POST /api/upload-links/{token}/uploads/{uploadId}/parts', perSecond: 25, burst: 50, perMinute: 1500 },
  { key: 'POST /api/upload-links/{token}/put', perSecond: 5, burst: 10, perMinute: 60 },
  { key: 'GET /api/vendor-links/{proxy+}', perSecond: 10, burst: 20, perMinute: 120 },
]

const greedy = '{proxy+}'

/** The public route that takes an operation (`path` from `/api`, with the same names of parameters); null for none. */
export const publicRouteOf = (method: string, path: string): PublicRoute | null =>
  publicRoutes.find(({ key }) => key === `${method} /api${path}`) ??
  publicRoutes.find(({ key }) => {
    const [taken, pattern] = key.split(' ')
    const covers = pattern.endsWith(greedy) && `/api${path}`.startsWith(pattern.slice(0, -greedy.length))
    return covers && (taken === 'ANY' || taken === method)
  }) ??
  null
