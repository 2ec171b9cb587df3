import { Aws, CfnOutput, Duration, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { contentSecurityPolicy, permissionsPolicy } from '../portal-headers.ts'
import type { Api } from './api.ts'
import type { Identity } from './identity.ts'
import type { Storage } from './storage.ts'

/** Pages are the application's own: a path that names no file gets the one page, as the server on one's own machine does. */
export const pageForPath = `function handler(event) {
  var request = event.request
  if (!/\\.[^/]*$/.test(request.uri)) request.uri = '/index.html'
  return request
}`

/**
 * The portal and the API under one address: files from a bucket that nobody but the distribution can read, `/api/*` from
 * the HTTP API, and the security headers on every answer. `infra/aws/publish-portal.ts` puts the files there.
 */
export class Portal extends Construct {
  readonly distribution: Distribution

  constructor(scope: Construct, id: string, storage: Storage, api: Api, identity: Identity) {
    super(scope, id)
    const files = new Bucket(this, 'Files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    acknowledge(files, 'S1', 'It holds the portal’s public files, and the distribution alone reads it.')
    const storageOrigin = `https://${storage.bucket.bucketRegionalDomainName}`
    const headers = new ResponseHeadersPolicy(this, 'Headers', {
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: contentSecurityPolicy([storageOrigin, ...identity.origins]),
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true },
      },
      customHeadersBehavior: {
        customHeaders: [{ header: 'permissions-policy', value: permissionsPolicy, override: true }],
      },
    })
    const pages = new EdgeFunction(this, 'Pages', {
      code: FunctionCode.fromInline(pageForPath),
      runtime: FunctionRuntime.JS_2_0,
    })
    const common = { viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS, responseHeadersPolicy: headers }
    this.distribution = new Distribution(this, 'Distribution', {
      defaultRootObject: 'index.html',
      defaultBehavior: {
        ...common,
        origin: S3BucketOrigin.withOriginAccessControl(files),
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        functionAssociations: [{ function: pages, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      additionalBehaviors: {
        '/api/*': {
          ...common,
          origin: new HttpOrigin(Fn.join('.', [api.api.apiId, 'execute-api', Aws.REGION, Aws.URL_SUFFIX])),
          allowedMethods: AllowedMethods.ALLOW_ALL,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        },
      },
    })
    acknowledge(this.distribution, 'CFR1', 'Support and its customers are wherever they are.')
    acknowledge(this.distribution, 'CFR2', 'The API throttles by itself; a firewall is the deployment’s own choice.')
    acknowledge(
      this.distribution,
      'CFR3',
      'What is asked of data is in the API’s access log; the rest are public files.',
    )
    acknowledge(
      this.distribution,
      'CFR4',
      'Without a domain of its own it has CloudFront’s certificate and its minimum.',
    )
    new CfnOutput(this, 'PortalAddress', {
      value: `https://${this.distribution.distributionDomainName}`,
      description: 'Where the portal is: what the parameter PortalUrl has to say unless it has a domain of its own.',
    })
    new CfnOutput(this, 'PortalBucket', {
      value: files.bucketName,
      description: 'Where publish-portal puts the files.',
    })
  }
}

const acknowledge = (construct: Construct, rule: string, reason: string): void => {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason })
}
