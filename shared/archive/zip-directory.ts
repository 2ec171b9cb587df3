import type { ByteSource } from '../bytes/source.ts'
import { asciiAt, viewOf } from '../bytes/view.ts'
import { cutOff, damaged, spanned, trailingData } from './refusals.ts'

/** One file as the directory describes it. Sizes are what it says; what is unpacked is counted. */
export type ZipEntry = {
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly headerOffset: number
}

/** Record by record as APPNOTE 4.3 lays them out: how each begins, and the bytes it has at least. */
const endMagic = 0x06054b50
const endBytes = 22
const end64Magic = 0x06064b50
const end64Bytes = 56
const locatorMagic = 0x07064b50
const locatorBytes = 20
const entryMagic = 0x02014b50
const entryBytes = 46

/** A comment at the very end is as long as 16 bits can say. */
const mostCommentBytes = 0xffff
/** Room for a file, its folders, and what macOS adds. What is longer has several files in it. */
const mostDirectoryBytes = 2 ** 20

const unknown16 = 0xffff
const unknown32 = 0xffffffff
const zip64Extra = 1

export type ZipDirectory = {
  /** Files, but not folders; no more than two are looked for. */
  readonly entries: readonly ZipEntry[]
  /** Where the directory begins: what is packed lies before it. */
  readonly offset: number
}

/** Reads the directory at the end of a ZIP archive. */
export const readDirectory = async (source: ByteSource): Promise<ZipDirectory> => {
  const { offset, bytes, count } = await readEnd(source)
  const view = viewOf(await source.read(offset, Math.min(bytes, mostDirectoryBytes)))
  const entries: ZipEntry[] = []
  let at = 0
  for (let seen = 0; seen < count && entries.length < 2; seen++) {
    if (at + entryBytes > view.byteLength || view.getUint32(at, true) !== entryMagic)
      throw damaged('zip', 'its directory breaks off.')
    const nameBytes = view.getUint16(at + 28, true)
    const extraBytes = view.getUint16(at + 30, true)
    const next = at + entryBytes + nameBytes + extraBytes + view.getUint16(at + 32, true)
    if (next > view.byteLength) throw damaged('zip', 'its directory breaks off.')
    if (!isLeftOut(view, at + entryBytes, nameBytes)) entries.push(readEntry(view, at, nameBytes, extraBytes))
    at = next
  }
  return { entries, offset }
}

/** Folders, and the second file that macOS packs beside each. */
const isLeftOut = (view: DataView, offset: number, length: number): boolean => {
  const name = asciiAt(new Uint8Array(view.buffer, view.byteOffset), offset, length)
  return name.endsWith('/') || name.startsWith('__MACOSX/')
}

const readEntry = (view: DataView, at: number, nameBytes: number, extraBytes: number): ZipEntry => {
  const extra = at + entryBytes + nameBytes
  const wide = wideFields(view, extra, extra + extraBytes)
  // The Zip64 field holds, in this order, those of them that do not fit into 32 bits (APPNOTE 4.5.3).
  const wider = (offset: number): number => {
    const value = view.getUint32(at + offset, true)
    return value === unknown32 ? wide() : value
  }
  const bytes = wider(24)
  const packedBytes = wider(20)
  const headerOffset = wider(42)
  const disk = view.getUint16(at + 34, true)
  if (disk !== 0 && disk !== unknown16) throw spanned('zip')
  const [flags, method, crc] = [
    view.getUint16(at + 8, true),
    view.getUint16(at + 10, true),
    view.getUint32(at + 16, true),
  ]
  return { flags, method, crc, packedBytes, bytes, headerOffset }
}

/** The next 64-bit number of an entry's Zip64 field, at each call. */
const wideFields = (view: DataView, from: number, to: number): (() => number) => {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== zip64Extra) continue
    let next = at + 4
    const end = Math.min(to, next + view.getUint16(at + 2, true))
    return () => {
      if (next + 8 > end) throw damaged('zip', 'a size or an offset is missing.')
      next += 8
      return wholeNumber(view, next - 8)
    }
  }
  return () => {
    throw damaged('zip', 'a size or an offset is missing.')
  }
}

const wholeNumber = (view: DataView, at: number): number => {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('zip', 'a size or an offset in it is absurd.')
  return Number(value)
}

type End = { readonly offset: number; readonly bytes: number; readonly count: number }

const readEnd = async (source: ByteSource): Promise<End> => {
  const tailBytes = Math.min(source.size, endBytes + mostCommentBytes + locatorBytes)
  const tail = viewOf(await source.read(source.size - tailBytes, tailBytes))
  const at = findEnd(tail)
  const disks = [tail.getUint16(at + 4, true), tail.getUint16(at + 6, true)]
  if (disks.some((disk) => disk !== 0 && disk !== unknown16)) throw spanned('zip')
  const end = {
    count: tail.getUint16(at + 10, true),
    bytes: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  }
  const endOffset = source.size - tailBytes + at
  const isWide = end.count === unknown16 || end.bytes === unknown32 || end.offset === unknown32
  const { offset, bytes, count } = isWide ? await readEnd64(source, tail, at) : end
  if (offset + bytes > endOffset) throw damaged('zip', 'its directory is not where it says.')
  return { offset, bytes, count }
}

/** Where the end record begins: its comment reaches to the very end of the file. */
const findEnd = (tail: DataView): number => {
  let seen = false
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endMagic) continue
    if (at + endBytes + tail.getUint16(at + 20, true) === tail.byteLength) return at
    seen = true
  }
  throw seen ? trailingData('zip') : cutOff('zip')
}

const readEnd64 = async (source: ByteSource, tail: DataView, endAt: number): Promise<End> => {
  const at = endAt - locatorBytes
  if (at < 0 || tail.getUint32(at, true) !== locatorMagic) throw damaged('zip', 'its Zip64 end is missing.')
  const offset = wholeNumber(tail, at + 8)
  if (offset + end64Bytes > source.size) throw damaged('zip', 'its Zip64 end is not where it says.')
  const end = viewOf(await source.read(offset, end64Bytes))
  if (end.getUint32(0, true) !== end64Magic) throw damaged('zip', 'its Zip64 end is not where it says.')
  if (end.getUint32(16, true) !== 0 || end.getUint32(20, true) !== 0) throw spanned('zip')
  return { count: wholeNumber(end, 32), bytes: wholeNumber(end, 40), offset: wholeNumber(end, 48) }
}
