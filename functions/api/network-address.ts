import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import ipaddr from 'ipaddr.js'

/**
 * The network that a request comes from: an IPv4 address, or the first 64 bits of an IPv6 address, which is what one
 * customer has. CloudFront and then API Gateway each add whom they got a request from at the end of `X-Forwarded-For`:
 * the last but one is the browser's. Who goes past CloudFront can claim another; the route's own throttle
 * (shared/cases/limits/public-routes.ts) holds for them all the same.
 */
export const networkOf = ({ headers, requestContext }: APIGatewayProxyEventV2): string => {
  const forwarded = (headers['x-forwarded-for'] ?? '').split(',').map((address) => address.trim())
  const address = forwarded.at(-2) ?? requestContext.http.sourceIp ?? ''
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6' ? parsed.toNormalizedString().split(':').slice(0, 4).join(':') : parsed.toString()
}
