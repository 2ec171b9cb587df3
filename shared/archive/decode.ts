import type { Transform } from 'node:stream'
import { constants, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type { ArchiveFormat } from '../analysis/archive-format.ts'
import type { Intake } from './intake.ts'
import { cutOff, damaged, trailingData, unknownMethod, windowTooLarge } from './refusals.ts'

/** `bytesWritten` counts what a decoder has consumed, not what it was given (Node's documentation of zlib). */
type Decoder = Transform & { readonly bytesWritten: number }

/** As quick as larger ones; each piece of an archive has one of its own, which costs more than its few bytes. */
const chunkSize = 2 ** 18

/** Largest window of a Zstandard frame, as a power of two: the zstd command's own limit unless it is told otherwise. */
const zstdWindowLog = 27

/** One raw DEFLATE stream (RFC 1951), up to its end mark. What follows it stays in the intake. */
export const inflate = (format: ArchiveFormat, intake: Intake): AsyncGenerator<Uint8Array, void> =>
  decode(format, createInflateRaw({ chunkSize }), intake)

/** One Zstandard frame (RFC 8878), or several. What follows stays in the intake. */
export const unzstd = (format: ArchiveFormat, intake: Intake): AsyncGenerator<Uint8Array, void> =>
  decode(
    format,
    createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
    intake,
  )

const decode = async function* (
  format: ArchiveFormat,
  decoder: Decoder,
  intake: Intake,
): AsyncGenerator<Uint8Array, void> {
  const feeding = feed(decoder, intake)
  feeding.catch((error: Error) => decoder.destroy(error))
  try {
    for await (const chunk of decoder) yield chunk
    await feeding
  } catch (error) {
    throw decodingError(format, error)
  } finally {
    decoder.destroy()
  }
}

/** Feeds a decoder until the stream it decodes ends, and gives back what it did not consume. */
const feed = async (decoder: Decoder, intake: Intake): Promise<void> => {
  let fed = 0
  for (let piece = await intake.next(); piece !== null; piece = await intake.next()) {
    fed += piece.length
    await write(decoder, piece)
    // A decoder leaves input alone only when its stream has ended, or when it has failed.
    if (decoder.bytesWritten < fed) return intake.giveBack(fed - decoder.bytesWritten)
    if (decoder.destroyed) return
  }
  decoder.end()
}

/** A decoder that fails does not call back, it closes. */
const write = (decoder: Decoder, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      decoder.off('close', done)
      resolve()
    }
    decoder.once('close', done)
    decoder.write(piece, done)
  })

/** Node's codes for what is wrong with the packed bytes; any other error is not the archive's fault. */
const decodingError = (format: ArchiveFormat, error: unknown): unknown => {
  const { code = '' } = error as NodeJS.ErrnoException
  switch (code) {
    case 'Z_BUF_ERROR':
    case 'ZSTD_error_srcSize_wrong':
      return cutOff(format, { cause: error })
    case 'ZSTD_error_frameParameter_windowTooLarge':
      return windowTooLarge(2 ** zstdWindowLog)
    case 'ZSTD_error_dictionary_wrong':
      return unknownMethod(format, 'a dictionary of its own')
    case 'ZSTD_error_prefix_unknown':
      return trailingData(format)
    default:
      return /^(Z_|ZSTD_error_)/.test(code)
        ? damaged(format, 'its packed bytes cannot be unpacked.', { cause: error })
        : error
  }
}
