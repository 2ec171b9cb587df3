import { expect, test } from 'vitest'
import { pageForPath } from '../../../infra/aws/portal.ts'
import { makeTemplate, resourcesOf } from './synthesise.ts'

const template = makeTemplate()

/** The only resource of a type whose logical id begins so, as text for what is a join of references. */
const theOne = (type: string, id: string): Record<string, unknown> => {
  const found = Object.entries(resourcesOf(template, type)).filter(([name]) => name.startsWith(id))
  expect(found).toHaveLength(1)
  return found[0][1].Properties
}

test('the policy of the pages is strict: own scripts and styles, nothing inline, no other origin but the named', () => {
  const policy = JSON.stringify(theOne('AWS::CloudFront::ResponseHeadersPolicy', 'Portal'))
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
    expect(policy).toContain(part)
  expect(policy).not.toMatch(/unsafe|\*/)
  expect(policy).toContain('StorageDumps')
  expect(policy).toMatch(/"StrictTransportSecurity":\{"AccessControlMaxAgeSec":31536000/)
})

test('the files are read by the distribution alone', () => {
  expect(theOne('AWS::S3::Bucket', 'PortalFiles').PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  })
  expect(theOne('AWS::CloudFront::OriginAccessControl', 'Portal').OriginAccessControlConfig).toMatchObject({
    OriginAccessControlOriginType: 's3',
    SigningBehavior: 'always',
  })
  const policy = JSON.stringify(theOne('AWS::S3::BucketPolicy', 'PortalFiles'))
  expect(policy).toContain('cloudfront.amazonaws.com')
  expect(policy).toContain('AWS:SourceArn')
})

test('the API is under the same address, uncached, whatever the method', () => {
  const { DistributionConfig } = theOne('AWS::CloudFront::Distribution', 'Portal') as {
    DistributionConfig: { CacheBehaviors: Record<string, unknown>[]; DefaultCacheBehavior: Record<string, unknown> }
  }
  const [behavior] = DistributionConfig.CacheBehaviors
  expect(behavior).toMatchObject({ PathPattern: '/api/*', ViewerProtocolPolicy: 'redirect-to-https' })
  expect(behavior.AllowedMethods).toContain('DELETE')
  expect(behavior.FunctionAssociations).toBeUndefined()
  expect(behavior.ResponseHeadersPolicyId).toEqual(DistributionConfig.DefaultCacheBehavior.ResponseHeadersPolicyId)
})

test.each([
  ['/', '/index.html'],
  ['/cases/case_01/compare', '/index.html'],
  ['/vendor/abc_-1', '/index.html'],
  ['/assets/main-1a.js', '/assets/main-1a.js'],
  ['/icon.svg', '/icon.svg'],
  ['/a.b/c', '/index.html'],
])('%s is answered with %s', (asked, answered) => {
  const handler = new Function(`${pageForPath}; return handler`)() as (event: object) => { uri: string }
  expect(handler({ request: { uri: asked } }).uri).toBe(answered)
})
