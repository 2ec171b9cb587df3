import type { APIGatewayProxyEventV2 } from 'aws-lambda'

/** Whose cases a request is about. There is one tenant until callers have an identity; all keys carry it already. */
export const tenantOf = (_event: APIGatewayProxyEventV2): string => 'default'
