import { S3Error } from './errors.ts'

const longestLine = 16 * 1024

/**
 * Takes the framing off an unsigned `aws-chunked` body ("Signature calculations: trailing headers", S3 API reference):
 * `<hex length>[;extension]\r\n<bytes>\r\n`, a chunk of length 0, then trailer lines and an empty one. Trailers are put
 * into `trailers` under lower-case names before the generator ends. Throws `IncompleteBody` when the frame is broken.
 */
export async function* decodeChunks(
  body: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const input = body[Symbol.asyncIterator]()
  let buffered: Buffer = Buffer.alloc(0)

  const more = async (): Promise<void> => {
    const next = await input.next()
    if (next.done) throw incomplete('it ends in the middle of a chunk')
    buffered = buffered.length === 0 ? Buffer.from(next.value) : Buffer.concat([buffered, next.value])
  }
  const line = async (): Promise<string> => {
    for (;;) {
      const end = buffered.indexOf('\r\n')
      if (end >= 0) {
        const text = buffered.toString('latin1', 0, end)
        buffered = buffered.subarray(end + 2)
        return text
      }
      if (buffered.length > longestLine) throw incomplete('a chunk has no header')
      await more()
    }
  }

  for (;;) {
    const header = await line()
    const length = /^([0-9a-f]{1,12})(;.*)?$/i.exec(header)?.[1]
    if (length === undefined) throw incomplete('a chunk has no length')
    let left = Number.parseInt(length, 16)
    if (left === 0) break
    while (left > 0) {
      if (buffered.length === 0) await more()
      const piece = buffered.subarray(0, left)
      buffered = buffered.subarray(piece.length)
      left -= piece.length
      yield piece
    }
    if ((await line()) !== '') throw incomplete('a chunk is longer than its header says')
  }
  for (let text = await line(); text !== ''; text = await line()) {
    const colon = text.indexOf(':')
    if (colon < 0) throw incomplete('a trailer has no name')
    trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim())
  }
  if (buffered.length > 0 || !(await input.next()).done) throw incomplete('there are bytes after its end')
}

const incomplete = (why: string): S3Error =>
  new S3Error('IncompleteBody', 400, `The aws-chunked body is not whole: ${why}.`)
