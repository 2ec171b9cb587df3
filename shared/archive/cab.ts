import { inflateRawSync } from 'node:zlib'
import type { ReadAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { type Intake, openIntake } from './intake.ts'
import type { PackedDump } from './packed.ts'
import { cutOff, damaged, notOneFile, spanned, trailingData, unknownMethod } from './refusals.ts'

/** Microsoft's cabinet format ([MS-CAB]): CFHEADER, CFFOLDER, CFFILE, CFDATA. */
const headerBytes = 36
const folderBytes = 8
const fileBytes = 16
const blockBytes = 8
/** Every block but a folder's last unpacks to so many bytes. */
const blockOutputBytes = 0x8000

const flag = { previous: 1, next: 2, reserve: 4 }
const methods: readonly string[] = ['nothing', 'MSZIP', 'Quantum', 'LZX']

type Folder = {
  readonly offset: number
  readonly blocks: number
  readonly isPacked: boolean
  /** Bytes set aside for others in each block. */
  readonly reserved: number
}

/** The one file of a cabinet, which is stored or packed with MSZIP. */
export const openCab = async (source: ByteSource, pieces?: ReadAhead): Promise<PackedDump> => {
  if (source.size < headerBytes) throw cutOff('cab')
  const header = viewOf(await source.read(0, headerBytes))
  const [cabinetBytes, filesOffset] = [header.getUint32(8, true), header.getUint32(16, true)]
  const [folders, files, flags] = [header.getUint16(26, true), header.getUint16(28, true), header.getUint16(30, true)]
  if (flags & (flag.previous | flag.next)) throw spanned('cab')
  if (files !== 1) throw notOneFile('cab', files === 0)
  if (source.size < cabinetBytes) throw cutOff('cab')
  if (source.size > cabinetBytes) throw trailingData('cab')

  const file = viewOf(await need(source, filesOffset, fileBytes))
  const [bytes, skipped, folderIndex] = [file.getUint32(0, true), file.getUint32(4, true), file.getUint16(8, true)]
  if (folderIndex >= folders) throw folderIndex >= 0xfffd ? spanned('cab') : damaged('cab', 'the dump is in no folder.')
  const folder = await readFolder(source, folderIndex, (flags & flag.reserve) !== 0)
  return {
    coder: folder.isPacked ? 'mszip' : 'stored',
    declaredBytes: bytes,
    chunks: async function* () {
      const intake = openIntake(source, folder.offset, source.size, pieces)
      const end = skipped + bytes
      let total = 0
      for await (const block of unpackedBlocks(intake, folder)) {
        if (total + block.length > end) throw damaged('cab', 'it holds more than it says.')
        const chunk = block.subarray(Math.max(0, skipped - total))
        total += block.length
        if (chunk.length > 0) yield chunk
      }
      if (total !== end) throw damaged('cab', 'it holds less than it says.')
    },
  }
}

const need = (source: ByteSource, offset: number, length: number): Promise<Uint8Array> => {
  if (offset + length > source.size) throw cutOff('cab')
  return source.read(offset, length)
}

const readFolder = async (source: ByteSource, index: number, hasReserve: boolean): Promise<Folder> => {
  let offset = headerBytes
  const reserved = { header: 0, folder: 0, block: 0 }
  if (hasReserve) {
    const sizes = viewOf(await need(source, offset, 4))
    reserved.header = sizes.getUint16(0, true)
    reserved.folder = sizes.getUint8(2)
    reserved.block = sizes.getUint8(3)
    offset += 4 + reserved.header
  }
  const folder = viewOf(await need(source, offset + index * (folderBytes + reserved.folder), folderBytes))
  const method = folder.getUint16(6, true) & 15
  if (method > 1) throw unknownMethod('cab', methods[method] ?? `method ${method}`)
  return {
    offset: folder.getUint32(0, true),
    blocks: folder.getUint16(4, true),
    isPacked: method === 1,
    reserved: reserved.block,
  }
}

const unpackedBlocks = async function* (intake: Intake, folder: Folder): AsyncGenerator<Uint8Array, void> {
  let before: Uint8Array | undefined
  for (let block = 0; block < folder.blocks; block++) {
    const head = await intake.take(blockBytes + folder.reserved)
    if (head === null) throw cutOff('cab')
    const fields = viewOf(head)
    const [sum, bytes] = [fields.getUint32(0, true), fields.getUint16(6, true)]
    const packed = await intake.take(fields.getUint16(4, true))
    if (packed === null) throw cutOff('cab')
    // A sum of zero says that there is none.
    if (sum !== 0 && sum !== checkSum(head.subarray(4, 8), checkSum(packed, 0)))
      throw damaged('cab', 'a check sum is wrong.')
    const unpacked = folder.isPacked ? unzip(packed, before) : packed
    if (unpacked.length !== bytes) throw damaged('cab', 'a block holds more or less than it says.')
    before = unpacked
    yield unpacked
  }
}

/** An MSZIP block: `CK`, then a DEFLATE stream whose matches reach back into the block before. */
const unzip = (block: Uint8Array, dictionary: Uint8Array | undefined): Uint8Array => {
  if (block[0] !== 0x43 || block[1] !== 0x4b) throw damaged('cab', 'a block does not begin as MSZIP blocks do.')
  try {
    return inflateRawSync(block.subarray(2), { dictionary, maxOutputLength: blockOutputBytes })
  } catch (cause) {
    throw damaged('cab', 'its packed bytes cannot be unpacked.', { cause })
  }
}

/** All 32-bit words combined by XOR; of the last, incomplete one the first byte counts highest. */
const checkSum = (bytes: Uint8Array, seed: number): number => {
  const view = viewOf(bytes)
  const whole = bytes.length & ~3
  let sum = seed
  for (let at = 0; at < whole; at += 4) sum ^= view.getUint32(at, true)
  let rest = 0
  for (let at = whole; at < bytes.length; at++) rest = (rest << 8) | bytes[at]
  return (sum ^ rest) >>> 0
}
