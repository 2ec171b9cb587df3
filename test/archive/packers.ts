import { crc32, deflateRawSync } from 'node:zlib'

/** Archives written by hand, so that they can be written wrongly. */

export type ZipFile = {
  readonly name?: string
  readonly content: Uint8Array
  /** 8, DEFLATE, unless it says something else. */
  readonly method?: number
  /** The packed bytes, in place of what DEFLATE makes of the content. */
  readonly packed?: Uint8Array
  readonly flags?: number
  readonly crc?: number
  /** What the directory says in place of the truth. */
  readonly declared?: { readonly bytes?: number; readonly packedBytes?: number; readonly offset?: number }
  /** Sizes and CRC behind the packed bytes, and zeros before them, as a writer does that cannot seek. */
  readonly dataDescriptor?: boolean
  readonly zip64?: boolean
}

const bytesOf = (size: number, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size)
  write(new DataView(bytes.buffer))
  return bytes
}

export type ZipOptions = { readonly comment?: Uint8Array; readonly zip64?: boolean; readonly count?: number }

/** A ZIP archive as PKWARE's APPNOTE lays it out. */
export const zipOf = (files: readonly ZipFile[], options: ZipOptions = {}): Uint8Array => {
  const pieces: Uint8Array[] = []
  let offset = 0
  const push = (bytes: Uint8Array): void => {
    pieces.push(bytes)
    offset += bytes.length
  }
  const directory = files.map((file) => {
    const { content, method = 8, dataDescriptor = false, zip64 = false } = file
    const name = Buffer.from(file.name ?? 'MEMORY.DMP')
    const packed = file.packed ?? (method === 8 ? deflateRawSync(content) : content)
    const flags = (file.flags ?? 0) | (dataDescriptor ? 8 : 0)
    const crc = file.crc ?? crc32(content)
    const at = offset
    push(
      bytesOf(30, (view) => {
        view.setUint32(0, 0x04034b50, true)
        view.setUint16(4, 20, true)
        view.setUint16(6, flags, true)
        view.setUint16(8, method, true)
        if (!dataDescriptor) {
          view.setUint32(14, crc, true)
          view.setUint32(18, packed.length, true)
          view.setUint32(22, content.length, true)
        }
        view.setUint16(26, name.length, true)
      }),
    )
    push(name)
    push(packed)
    if (dataDescriptor)
      push(
        bytesOf(16, (view) => {
          view.setUint32(0, 0x08074b50, true)
          view.setUint32(4, crc, true)
          view.setUint32(8, packed.length, true)
          view.setUint32(12, content.length, true)
        }),
      )
    const said = { bytes: content.length, packedBytes: packed.length, offset: at, ...file.declared }
    const extra = bytesOf(zip64 ? 28 : 0, (view) => {
      if (!zip64) return
      view.setUint16(0, 1, true)
      view.setUint16(2, 24, true)
      view.setBigUint64(4, BigInt(said.bytes), true)
      view.setBigUint64(12, BigInt(said.packedBytes), true)
      view.setBigUint64(20, BigInt(said.offset), true)
    })
    const entry = bytesOf(46, (view) => {
      view.setUint32(0, 0x02014b50, true)
      view.setUint16(8, flags, true)
      view.setUint16(10, method, true)
      view.setUint32(16, crc, true)
      view.setUint32(20, zip64 ? 0xffffffff : said.packedBytes, true)
      view.setUint32(24, zip64 ? 0xffffffff : said.bytes, true)
      view.setUint16(28, name.length, true)
      view.setUint16(30, extra.length, true)
      view.setUint32(42, zip64 ? 0xffffffff : said.offset, true)
    })
    return Buffer.concat([entry, name, extra])
  })
  const start = offset
  for (const entry of directory) push(entry)
  const size = offset - start
  const count = options.count ?? files.length
  const comment = options.comment ?? new Uint8Array()
  if (options.zip64) {
    const endAt = offset
    push(
      bytesOf(56, (view) => {
        view.setUint32(0, 0x06064b50, true)
        view.setBigUint64(4, 44n, true)
        view.setBigUint64(24, BigInt(count), true)
        view.setBigUint64(32, BigInt(count), true)
        view.setBigUint64(40, BigInt(size), true)
        view.setBigUint64(48, BigInt(start), true)
      }),
    )
    push(
      bytesOf(20, (view) => {
        view.setUint32(0, 0x07064b50, true)
        view.setBigUint64(8, BigInt(endAt), true)
        view.setUint32(16, 1, true)
      }),
    )
  }
  push(
    bytesOf(22, (view) => {
      view.setUint32(0, 0x06054b50, true)
      view.setUint16(8, options.zip64 ? 0xffff : count, true)
      view.setUint16(10, options.zip64 ? 0xffff : count, true)
      view.setUint32(12, options.zip64 ? 0xffffffff : size, true)
      view.setUint32(16, options.zip64 ? 0xffffffff : start, true)
      view.setUint16(20, comment.length, true)
    }),
  )
  push(comment)
  return Buffer.concat(pieces)
}

export type CabOptions = {
  readonly method?: number
  readonly files?: number
  readonly flags?: number
  readonly declaredBytes?: number
  /** Spoils one byte of the packed blocks and leaves their sums as they were. */
  readonly damage?: boolean
}

/** A cabinet of MSZIP or stored blocks ([MS-CAB]). */
export const cabOf = (content: Uint8Array, options: CabOptions = {}): Uint8Array => {
  const { method = 1, files = 1, flags = 0 } = options
  const blocks: Uint8Array[] = []
  for (let at = 0; at < content.length; at += 0x8000) {
    const plain = content.subarray(at, at + 0x8000)
    const dictionary = at === 0 ? undefined : content.subarray(at - 0x8000, at)
    const packed = method === 1 ? Buffer.concat([Buffer.from('CK'), deflateRawSync(plain, { dictionary })]) : plain
    const sizes = bytesOf(4, (view) => {
      view.setUint16(0, packed.length, true)
      view.setUint16(2, plain.length, true)
    })
    const sum = bytesOf(4, (view) => view.setUint32(0, cabSum(sizes, cabSum(packed, 0)), true))
    const stored = Buffer.from(packed)
    if (options.damage && at === 0) stored[stored.length >> 1] ^= 1
    blocks.push(Buffer.concat([sum, sizes, stored]))
  }
  const name = Buffer.from('MEMORY.DMP\0')
  const entries = Array.from({ length: files }, () =>
    Buffer.concat([bytesOf(16, (view) => view.setUint32(0, options.declaredBytes ?? content.length, true)), name]),
  )
  const dataAt = 36 + 8 + entries.reduce((sum, entry) => sum + entry.length, 0)
  const total = dataAt + blocks.reduce((sum, block) => sum + block.length, 0)
  const header = bytesOf(36, (view) => {
    view.setUint32(0, 0x4643534d, true)
    view.setUint32(8, total, true)
    view.setUint32(16, 44, true)
    view.setUint8(24, 3)
    view.setUint8(25, 1)
    view.setUint16(26, 1, true)
    view.setUint16(28, files, true)
    view.setUint16(30, flags, true)
  })
  const folder = bytesOf(8, (view) => {
    view.setUint32(0, dataAt, true)
    view.setUint16(4, blocks.length, true)
    view.setUint16(6, method, true)
  })
  return Buffer.concat([header, folder, ...entries, ...blocks])
}

/** The sum of [MS-CAB] 3.1: words combined by XOR, a last one of fewer bytes with its first byte highest. */
const cabSum = (bytes: Uint8Array, seed: number): number => {
  let sum = seed
  const words = bytes.length >> 2
  for (let n = 0; n < words; n++)
    sum ^= bytes[4 * n] | (bytes[4 * n + 1] << 8) | (bytes[4 * n + 2] << 16) | (bytes[4 * n + 3] << 24)
  const [a = 0, b = 0, c = 0] = bytes.subarray(4 * words)
  const rest = [0, a, (a << 8) | b, (a << 16) | (b << 8) | c][bytes.length & 3]
  return (sum ^ rest) >>> 0
}
