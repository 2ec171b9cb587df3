import { crc32 } from 'node:zlib'
import type { ReadAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { inflate, unzstd } from './decode.ts'
import { inflate64 } from './deflate64.ts'
import { type Intake, openIntake } from './intake.ts'
import type { Coder, PackedDump } from './packed.ts'
import { cutOff, damaged, encrypted, notOneFile, unknownMethod } from './refusals.ts'
import { readDirectory, type ZipEntry } from './zip-directory.ts'

/** APPNOTE 4.4.5. Deflate64 is what Windows Explorer packs files above 2 GiB with. */
const coders: Readonly<Record<number, Coder>> = { 0: 'stored', 8: 'deflate', 9: 'deflate64', 93: 'zstd' }
const otherMethods: Readonly<Record<number, string>> = { 12: 'bzip2', 14: 'LZMA', 95: 'xz', 98: 'PPMd' }
const winZipAes = 99

const encryptedFlags = 0x2041
const localMagic = 0x04034b50
const localBytes = 30

/**
 * The one file of a ZIP archive (PKWARE's APPNOTE 6.3), with or without Zip64 and data descriptors: the directory at the
 * end says where it lies. Names are read for one purpose, to leave out folders and what macOS adds; none becomes a path.
 */
export const openZip = async (source: ByteSource, pieces?: ReadAhead): Promise<PackedDump> => {
  const { entries, offset: directoryOffset } = await readDirectory(source)
  if (entries.length !== 1) throw notOneFile('zip', entries.length === 0)
  const [entry] = entries
  const { method, flags } = entry
  if (flags & encryptedFlags || method === winZipAes) throw encrypted('zip')
  const coder = coders[method]
  if (coder === undefined) throw unknownMethod('zip', otherMethods[method] ?? `method ${method}`)
  if (coder === 'stored' && entry.packedBytes !== entry.bytes) throw damaged('zip', 'it contradicts itself on a size.')

  const from = await dataOffset(source, entry)
  const to = from + entry.packedBytes
  if (to > directoryOffset) throw damaged('zip', 'the packed dump reaches into the directory.')
  return {
    coder,
    declaredBytes: entry.bytes,
    chunks: async function* () {
      const intake = openIntake(source, from, to, pieces)
      let crc = 0
      let bytes = 0
      for await (const chunk of decoded(coder, intake)) {
        crc = crc32(chunk, crc)
        bytes += chunk.length
        if (bytes > entry.bytes) throw damaged('zip', 'it holds more than it says.')
        yield chunk
      }
      if (bytes !== entry.bytes) throw damaged('zip', 'it holds less than it says.')
      if (intake.position() !== to) throw damaged('zip', 'bytes are left over behind the packed dump.')
      if (crc !== entry.crc) throw damaged('zip', 'its check sum is wrong.')
    },
  }
}

/** Where a file's packed bytes begin. Its own header must agree with the directory. */
const dataOffset = async (source: ByteSource, entry: ZipEntry): Promise<number> => {
  if (entry.headerOffset + localBytes > source.size) throw cutOff('zip')
  const header = viewOf(await source.read(entry.headerOffset, localBytes))
  if (header.getUint32(0, true) !== localMagic) throw damaged('zip', 'the dump is not where the directory says.')
  if (header.getUint16(8, true) !== entry.method || (header.getUint16(6, true) ^ entry.flags) & encryptedFlags)
    throw damaged('zip', 'the directory and the packed dump contradict each other.')
  return entry.headerOffset + localBytes + header.getUint16(26, true) + header.getUint16(28, true)
}

const decoded = (coder: Coder, intake: Intake): AsyncGenerator<Uint8Array, void> => {
  switch (coder) {
    case 'deflate':
      return inflate('zip', intake)
    case 'deflate64':
      return inflate64('zip', intake)
    case 'zstd':
      return unzstd('zip', intake)
    default:
      return stored(intake)
  }
}

const stored = async function* (intake: Intake): AsyncGenerator<Uint8Array, void> {
  for (let piece = await intake.next(); piece !== null; piece = await intake.next()) yield piece
}
