import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeChunks } from '../../../infra/local/s3/aws-chunked.ts'

const frame = (chunks: readonly Uint8Array[], trailer = ''): Buffer =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from(`0\r\n${trailer}\r\n`),
  ])

/** The body in pieces of `size` bytes, as a socket may deliver it. */
async function* pieces(body: Uint8Array, size: number) {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
}

const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

const decode = async (body: Uint8Array, size = body.length) => {
  const trailers = new Map<string, string>()
  const decoded = await collect(decodeChunks(pieces(body, Math.max(size, 1)), trailers))
  return { decoded, trailers }
}

test('however a body is chunked and delivered, its bytes and trailers come out', async () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 50 })
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), async (chunks, size) => {
      const { decoded, trailers } = await decode(frame(chunks, 'X-Amz-Checksum-Crc32: abc=\r\n'), size)
      expect(Buffer.compare(decoded, Buffer.concat(chunks))).toBe(0)
      expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'abc=']])
    }),
  )
})

test('a body that is cut anywhere is refused, never taken for a shorter one', async () => {
  const whole = frame([Buffer.from('hello'), Buffer.from('\r\n0\r\n\r\n')])
  for (let length = 0; length < whole.length; length++)
    await expect(decode(whole.subarray(0, length), 7)).rejects.toMatchObject({ code: 'IncompleteBody' })
})

test.for([
  'x\r\n',
  '-1\r\n\r\n',
  '5\r\nhello!\r\n0\r\n\r\n',
  '0\r\nno colon\r\n\r\n',
  '0\r\n\r\nmore',
  'a'.repeat(20_000),
])('a broken frame is refused: %s', async (text) => {
  await expect(decode(Buffer.from(text))).rejects.toMatchObject({ code: 'IncompleteBody' })
})
