import { S3Error } from './errors.ts'

/** Bytes `first` to `last`, both included. */
export type ByteRange = { readonly first: number; readonly last: number }

/**
 * The bytes a `Range` header asks of an object of `size` bytes; null means all of them, as for a header S3 does not
 * understand (RFC 9110, 14.2: such a header is ignored; S3 takes a single range). Throws 416 when none of it is there.
 */
export const parseRange = (header: string | undefined, size: number): ByteRange | null => {
  const fields = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (fields === null || (fields[1] === '' && fields[2] === '')) return null
  const [, from, to] = fields
  if (from !== '' && to !== '' && Number(from) > Number(to)) return null
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (first >= size || (from === '' && Number(to) === 0))
    throw new S3Error('InvalidRange', 416, 'The requested range is not in the object.', {
      'content-range': `bytes */${size}`,
    })
  return { first, last }
}
