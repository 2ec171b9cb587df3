import type { ArchiveFormat } from '../../shared/analysis/archive-format.ts'
import type { UnpackLimits } from '../../shared/archive/limits.ts'
import { unpackDump } from '../../shared/archive/unpack.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import type { ReadAhead } from '../../shared/bytes/read-ahead.ts'

/** Bytes that begin as a kernel dump does and then are of all kinds: zeros, text, noise, and matches far apart. */
export const someDump = (bytes: number, seed = 1): Uint8Array => {
  const dump = Buffer.alloc(bytes)
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  for (let at = 0; at < bytes; ) {
    const length = Math.min(bytes - at, 1 + (next() % 9_000))
    const kind = next() % 4
    if (kind === 1) for (let n = 0; n < length; n++) dump[at + n] = next()
    else if (kind === 2) dump.fill(`pool tag ${next() % 50} `, at, at + length)
    else if (kind === 3 && at > 0) {
      const from = next() % at
      for (let n = 0; n < length; n++) dump[at + n] = dump[from + n]
    }
    at += length
  }
  dump.write('PAGEDU64'.slice(0, bytes), 'latin1')
  return dump
}

/** What comes out of an archive, all together. */
export const unpacked = async (
  archive: Uint8Array,
  format: ArchiveFormat,
  options: { readonly limits?: UnpackLimits; readonly pieces?: ReadAhead } = {},
): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of unpackDump(bufferSource(archive), format, options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
