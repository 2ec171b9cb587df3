import { createHash } from 'node:crypto'

/** A message attribute as the JSON protocol carries it; `BinaryValue` in base64. */
export type MessageAttribute = {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

export const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex')

/** The digest clients verify: "Calculating the MD5 message digest for message attributes", SQS developer guide. */
export const md5OfAttributes = (attributes: MessageAttributes): string => {
  const sized = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const fields = Object.keys(attributes)
    .sort()
    .flatMap((name) => {
      const { DataType, StringValue, BinaryValue } = attributes[name]
      const isBinary = DataType.startsWith('Binary')
      const value = isBinary ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? '')
      return [sized(Buffer.from(name)), sized(Buffer.from(DataType)), Buffer.from([isBinary ? 2 : 1]), sized(value)]
    })
  return md5(Buffer.concat(fields))
}

/** Bytes that count against the queue's limit: the body, and names, types and values of the attributes. */
export const messageBytes = (body: string, attributes: MessageAttributes): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue = '', BinaryValue = '' }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.from(BinaryValue, 'base64').length,
    Buffer.byteLength(body),
  )
