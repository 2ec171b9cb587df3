import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { invalidArgument, notImplemented, S3Error } from './errors.ts'

/** A running digest of a body. */
type Digest = { readonly update: (chunk: Uint8Array) => void; readonly digest: () => Buffer }

/** A digest the sender named: `value` may come only after the body, in a trailer. */
export type Check = {
  readonly name: string
  readonly digest: Digest
  readonly expected: () => string | undefined
  readonly encoding: 'hex' | 'base64'
  readonly error: string
}

const hash = (algorithm: string): Digest => {
  const state = createHash(algorithm)
  return { update: (chunk) => state.update(chunk), digest: () => state.digest() }
}

const crc = (): Digest => {
  let state = 0
  return {
    update: (chunk) => {
      state = crc32(chunk, state)
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(state)
      return bytes
    },
  }
}

const checksums: Record<string, () => Digest> = {
  'x-amz-checksum-crc32': crc,
  'x-amz-checksum-sha1': () => hash('sha1'),
  'x-amz-checksum-sha256': () => hash('sha256'),
}

/**
 * Everything the sender says about the bytes of a body: the signed SHA-256, Content-MD5, checksums in headers and in
 * trailers. `header` reads a request header, `trailers` is filled by the time the body has ended. Throws for a checksum
 * that cannot be verified here: it must not be taken for verified.
 */
export const bodyChecks = (
  payloadHash: string,
  header: (name: string) => string | undefined,
  names: readonly string[],
  trailers: ReadonlyMap<string, string>,
): Check[] => {
  const checks: Check[] = []
  if (/^[0-9a-f]{64}$/.test(payloadHash))
    checks.push({
      name: 'x-amz-content-sha256',
      digest: hash('sha256'),
      expected: () => payloadHash,
      encoding: 'hex',
      error: 'XAmzContentSHA256Mismatch',
    })
  const md5 = header('content-md5')
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16)
      throw new S3Error('InvalidDigest', 400, 'The Content-MD5 is not an MD5 digest in base64.')
    checks.push({
      name: 'Content-MD5',
      digest: hash('md5'),
      expected: () => md5,
      encoding: 'base64',
      error: 'BadDigest',
    })
  }
  const trailer = header('x-amz-trailer')
  for (const name of [...names, ...(trailer === undefined ? [] : [trailer.toLowerCase()])]) {
    if (!name.startsWith('x-amz-checksum-') || declarations.has(name)) continue
    if (!Object.hasOwn(checksums, name)) throw notImplemented(`the checksum ${name}`)
    checks.push({
      name,
      digest: checksums[name](),
      expected: () => header(name) ?? trailers.get(name),
      encoding: 'base64',
      error: 'BadDigest',
    })
  }
  return checks
}

/** Headers that name an algorithm or ask for an answer, and hold no digest. */
const declarations = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type'])

/** Throws when a body that has ended is not what its sender said. Answers the SHA-256 in base64 if it was among the checksums. */
export const verifyChecks = (checks: readonly Check[]): string | null => {
  for (const { name, digest, expected, encoding, error } of checks) {
    const wanted = expected()
    if (wanted === undefined) throw invalidArgument(`The body has no trailer ${name}, though it was announced.`)
    if (digest.digest().toString(encoding) !== wanted)
      throw new S3Error(error, 400, `The body does not have the ${name} that was given for it.`)
  }
  return checks.find(({ name }) => name === sha256Header)?.expected() ?? null
}

export const sha256Header = 'x-amz-checksum-sha256'
