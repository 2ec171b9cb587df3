import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { region } from '../template/template.ts'
import { canonicalRequest, queryParameters, splitTarget } from './canonical-request.ts'
import type { Credentials } from './credentials.ts'

/** Why a request is not let in: S3's error code, a sentence, and the HTTP status. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

export type SignedRequest = {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** SHA-256 of the body in hexadecimal, where it has been read already; S3 signs what a header says of it. */
  readonly bodyHash?: string
}

/** What a signature says about the body: its SHA-256 in hexadecimal, or one of the words that promise none. */
export type Verified = { readonly payloadHash: string }

type Claim = {
  readonly credential: string
  readonly signedHeaders: string[]
  readonly signature: string
  readonly timestamp: string
  readonly payloadHash: string
  /** Presigned requests alone: seconds for which the signature holds. */
  readonly expires: number | null
}

const algorithm = 'AWS4-HMAC-SHA256'
const longestPresignedSeconds = 604_800
const allowedSkewSeconds = 900

/**
 * Verifies Signature Version 4 of a request, in its `Authorization` header or its query ("Authenticating Requests", S3
 * API reference). `now` is in milliseconds. Throws a `SignatureError`.
 */
export const verifySignature = (
  request: SignedRequest,
  credentials: Credentials,
  service: string,
  now: number,
): Verified => {
  const presigned = parameters(request).get('X-Amz-Algorithm') !== undefined
  const claim = presigned ? claimOfQuery(request) : claimOfHeader(request)
  const time = parseTimestamp(claim.timestamp)
  const [accessKeyId, date, credentialRegion, credentialService, terminator] = claim.credential.split('/')
  if (accessKeyId !== credentials.accessKeyId)
    throw new SignatureError('InvalidAccessKeyId', 403, 'The access key id is not one of this data folder.')
  if (
    date !== claim.timestamp.slice(0, 8) ||
    credentialRegion !== region ||
    credentialService !== service ||
    terminator !== 'aws4_request'
  )
    throw malformed(presigned, `The credential must be ${accessKeyId}/<date>/${region}/${service}/aws4_request.`)
  checkTime(claim, time, now)
  checkSignedHeaders(request, claim)

  const canonical = canonicalRequest({ ...request, signedHeaders: claim.signedHeaders, payloadHash: claim.payloadHash })
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = [algorithm, claim.timestamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  )
  const expected = hmac(key, toSign)
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new SignatureError(
      'SignatureDoesNotMatch',
      403,
      'The signature is not the one this request has with your secret access key.',
    )
  return { payloadHash: claim.payloadHash }
}

const claimOfHeader = ({ headers, bodyHash }: SignedRequest): Claim => {
  const authorization = headers.authorization
  if (typeof authorization !== 'string') throw new SignatureError('AccessDenied', 403, 'The request is not signed.')
  const fields = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/.exec(
    authorization,
  )
  const timestamp = headers['x-amz-date']
  if (fields === null || typeof timestamp !== 'string')
    throw malformed(false, 'The Authorization header must have Credential, SignedHeaders and Signature.')
  const [, credential, signedHeaders, signature] = fields
  const payloadHash = bodyHash ?? String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD')
  return { credential, signedHeaders: signedHeaders.split(';'), signature, timestamp, payloadHash, expires: null }
}

const claimOfQuery = (request: SignedRequest): Claim => {
  const query = parameters(request)
  const required = (name: string): string => {
    const value = query.get(name)
    if (value === undefined || value === '') throw malformed(true, `The query parameter ${name} is missing.`)
    return value
  }
  if (required('X-Amz-Algorithm') !== algorithm) throw malformed(true, `X-Amz-Algorithm must be ${algorithm}.`)
  const expires = Number(required('X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 1 || expires > longestPresignedSeconds)
    throw malformed(true, `X-Amz-Expires must be from 1 to ${longestPresignedSeconds} seconds.`)
  return {
    credential: required('X-Amz-Credential'),
    signedHeaders: required('X-Amz-SignedHeaders').split(';'),
    signature: required('X-Amz-Signature'),
    timestamp: required('X-Amz-Date'),
    payloadHash:
      query.get('X-Amz-Content-Sha256') ?? String(request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD'),
    expires,
  }
}

const checkTime = (claim: Claim, time: number, now: number): void => {
  const age = (now - time) / 1000
  if (claim.expires === null) {
    if (Math.abs(age) > allowedSkewSeconds)
      throw new SignatureError(
        'RequestTimeTooSkewed',
        403,
        'The request was signed more than 15 minutes off this clock.',
      )
    return
  }
  if (age > claim.expires) throw new SignatureError('AccessDenied', 403, 'Request has expired')
  if (age < -allowedSkewSeconds) throw new SignatureError('AccessDenied', 403, 'Request is not valid yet')
}

/** The host and every `x-amz-` header that is sent must be signed, or a holder of the URL could add meaning to it. */
const checkSignedHeaders = ({ headers }: SignedRequest, claim: Claim): void => {
  const signed = new Set(claim.signedHeaders)
  const unsigned = Object.keys(headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && name !== 'x-amz-content-sha256' && !signed.has(name),
  )
  if (unsigned.length > 0)
    throw new SignatureError(
      'AccessDenied',
      403,
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}.`,
    )
}

const parameters = ({ target }: SignedRequest): Map<string, string> => new Map(queryParameters(splitTarget(target)[1]))

const parseTimestamp = (timestamp: string): number => {
  const fields = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)
  const time =
    fields === null ? Number.NaN : Date.parse(timestamp.replace(/^(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'))
  if (Number.isNaN(time)) throw new SignatureError('AccessDenied', 403, 'X-Amz-Date must be like 20080131T235959Z.')
  return time
}

const malformed = (presigned: boolean, message: string): SignatureError =>
  presigned
    ? new SignatureError('AuthorizationQueryParametersError', 400, message)
    : new SignatureError('AuthorizationHeaderMalformed', 400, message)

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
