import { S3Error } from './errors.ts'
import type { Objects, ObjectVersion } from './objects.ts'
import { numberParameter, type S3Answer, type S3Request } from './request.ts'
import { document, type Element } from './xml.ts'

/** One page of a listing: objects, and the common prefixes that stand for all keys below a delimiter. */
export type Page = {
  readonly objects: readonly ObjectVersion[]
  readonly prefixes: readonly string[]
  /** The last key or prefix of the page, when there are more. */
  readonly next: string | null
}

/** What the page walks over: at most `limit` objects at or after a key. */
type From = (key: string, limit: number) => readonly ObjectVersion[]

/** `after` is the last key or common prefix of the page before. */
const listPage = (from: From, prefix: string, delimiter: string, after: string, limit: number): Page => {
  const objects: ObjectVersion[] = []
  const prefixes: string[] = []
  let position = after === '' ? prefix : pastAll(after, prefix, delimiter)
  if (Buffer.compare(Buffer.from(position), Buffer.from(prefix)) < 0) position = prefix
  let last = ''
  for (;;) {
    const [object] = from(position, 1)
    if (object === undefined || !object.key.startsWith(prefix)) return { objects, prefixes, next: null }
    if (objects.length + prefixes.length >= limit) return { objects, prefixes, next: last === '' ? after : last }
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length)
    if (end < 0) {
      objects.push(object)
      last = object.key
    } else {
      last = object.key.slice(0, end + delimiter.length)
      prefixes.push(last)
    }
    position = pastAll(last, prefix, delimiter)
  }
}

/** The first key that is after `last`, and after everything below it when it is a common prefix. */
const pastAll = (last: string, prefix: string, delimiter: string): string => {
  const isCommonPrefix = delimiter !== '' && last.startsWith(prefix) && last.slice(prefix.length).includes(delimiter)
  return isCommonPrefix ? `${last}\u{10FFFF}` : `${last}\u0000`
}

/** ListObjectsV2. */
export const listObjects = (objects: Objects, { bucket, query }: S3Request): S3Answer => {
  if (query.get('list-type') !== '2')
    throw new S3Error('NotImplemented', 501, 'The local stack lists objects with list-type=2 only.')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const limit = Math.min(numberParameter(query, 'max-keys', 1000), 1000)
  const token = query.get('continuation-token')
  const after = token === undefined ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString()
  const encoded = (text: string) => (query.get('encoding-type') === 'url' ? encodeURIComponent(text) : text)

  const page = listPage((key, count) => objects.from(bucket, key, count), prefix, delimiter, after, limit)
  const root: Element = [
    'ListBucketResult',
    [
      ['Name', bucket],
      ['Prefix', encoded(prefix)],
      delimiter === '' ? undefined : ['Delimiter', encoded(delimiter)],
      ['MaxKeys', limit],
      ['KeyCount', page.objects.length + page.prefixes.length],
      ['IsTruncated', String(page.next !== null)],
      page.next === null ? undefined : ['NextContinuationToken', Buffer.from(page.next).toString('base64url')],
      ...page.objects.map(
        (object): Element => [
          'Contents',
          [
            ['Key', encoded(object.key)],
            ['LastModified', new Date(object.modified).toISOString()],
            ['ETag', `"${object.etag}"`],
            ['Size', object.size],
            ['StorageClass', 'STANDARD'],
          ],
        ],
      ),
      ...page.prefixes.map((common): Element => ['CommonPrefixes', [['Prefix', encoded(common)]]]),
    ],
  ]
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: document(root) }
}
