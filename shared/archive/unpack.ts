import type { ArchiveFormat } from '../analysis/archive-format.ts'
import type { ReadAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'
import { archiveFormatOf, refuseForeign } from '../dump/foreign-formats.ts'
import { headerBits } from '../dump/header.ts'
import { openCab } from './cab.ts'
import { openGzip } from './gzip.ts'
import { type UnpackLimits, unpackLimits } from './limits.ts'
import type { PackedDump } from './packed.ts'
import { nested, notADump, notOneFile, tooLarge } from './refusals.ts'
import { openZip } from './zip.ts'
import { openZstd } from './zstd.ts'

const openers: Record<ArchiveFormat, (source: ByteSource, pieces?: ReadAhead) => PackedDump | Promise<PackedDump>> = {
  zip: openZip,
  gzip: openGzip,
  zstd: openZstd,
  cab: openCab,
}

/** What is looked at before anything is passed on; a tar file says what it is at offset 257. */
const lookBytes = 512

/**
 * The one kernel dump in an archive, from its first byte on and in order. Nothing of a file that is not a kernel dump is
 * passed on, and no more of a dump than the limits allow, whatever the archive says of itself.
 * Throws a `TaggedError` with advice for an archive that is refused (`archive-…`, or the code of what the file inside
 * is); it may do so at the very end, when a check sum is wrong, and then nothing that came before counts.
 */
export const unpackDump = async function* (
  source: ByteSource,
  format: ArchiveFormat,
  { limits = unpackLimits, pieces }: { readonly limits?: UnpackLimits; readonly pieces?: ReadAhead } = {},
): AsyncGenerator<Uint8Array, void> {
  const packed = await openers[format](source, pieces)
  const most = Math.min(limits.bytes[packed.coder], Math.max(limits.anyRatioBytes, source.size * limits.ratio))
  if ((packed.declaredBytes ?? 0) > most) throw tooLarge(format, most)
  let start = new Uint8Array()
  let looked = false
  let total = 0
  for await (const chunk of packed.chunks()) {
    total += chunk.length
    if (total > most) throw tooLarge(format, most)
    if (looked) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    if (start.length < lookBytes) continue
    requireDump(format, start)
    looked = true
    yield start
  }
  if (looked) return
  requireDump(format, start)
  yield start
}

/** Throws unless the file inside begins as kernel dumps do. */
const requireDump = (format: ArchiveFormat, start: Uint8Array): void => {
  if (headerBits(start) !== null) return
  if (start.length === 0) throw notOneFile(format, true)
  if (archiveFormatOf(start) !== null || isTar(start)) throw nested(format)
  const { code, message, advice } = refuseForeign(start)
  throw code === 'archive' ? nested(format) : notADump(format, code, message, advice)
}

const isTar = (start: Uint8Array): boolean => String.fromCharCode(...start.subarray(257, 262)) === 'ustar'
