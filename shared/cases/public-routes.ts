/**
 * What anybody may ask the API without signing in, as API Gateway writes a route: everything else needs a token. Each
 * route whose permission is null is one of these, and no other is (held by a test).
 */
export const publicRoutes = [
  'GET /api/health',
  'GET /api/openapi.json',
  'GET /api/sign-in',
  'ANY /api/upload-links/{proxy+}',
  'GET /api/vendor-links/{proxy+}',
] as const
