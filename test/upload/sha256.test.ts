import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { compositeSha256, sha256Of } from '../../shared/upload/sha256.ts'

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')
const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) % 253)

afterEach(() => vi.unstubAllGlobals())

test.each([0, 1, 100_000])('%i bytes have the digest that Node gives them', async (length) => {
  expect(await sha256Of(new Blob([bytes(length)]))).toBe(expected(bytes(length)))
})

test('a large part is hashed piece by piece, and so is any part where the platform hashes nothing', async () => {
  const large = Buffer.alloc(70 * 2 ** 20, 'dump')
  expect(await sha256Of(new Blob([large]))).toBe(expected(large))
  vi.stubGlobal('crypto', {})
  expect(await sha256Of(new Blob([bytes(1000)]))).toBe(expected(bytes(1000)))
})

test('the composite is the digest of the digests, and their number', async () => {
  const digests = [bytes(10), bytes(20)].map((part) => createHash('sha256').update(part).digest())
  const composite = `${expected(Buffer.concat(digests))}-2`
  expect(await compositeSha256(digests.map((digest) => digest.toString('base64')))).toBe(composite)
})
