import { crc32 } from 'node:zlib'
import type { ReadAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { inflate } from './decode.ts'
import { type Intake, openIntake } from './intake.ts'
import { tooFinelyCut } from './limits.ts'
import type { PackedDump } from './packed.ts'
import { cutOff, damaged, trailingData } from './refusals.ts'

/** Flags and sizes of a member's header (RFC 1952, 2.3). */
const flag = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 }
const fixedBytes = 10
const trailerBytes = 8
const deflated = 8

/** A name or comment longer than this is not one. */
const mostTextBytes = 65_536

/** A gzip file: members one after another, whose contents together are the file (RFC 1952, 2.2). */
export const openGzip = (source: ByteSource, pieces?: ReadAhead): PackedDump => ({
  coder: 'deflate',
  // The trailer's size is modulo 2^32.
  declaredBytes: null,
  chunks: async function* () {
    const intake = openIntake(source, 0, source.size, pieces)
    let total = 0
    for (let members = 0; (await intake.peek(1)).length > 0; members++) {
      if (tooFinelyCut(members, total)) throw damaged('gzip', 'it is cut into far too many pieces.')
      await passHeader(intake, members === 0)
      let crc = 0
      let bytes = 0
      for await (const chunk of inflate('gzip', intake)) {
        crc = crc32(chunk, crc)
        bytes += chunk.length
        yield chunk
      }
      total += bytes
      const trailer = viewOf(await need(intake, trailerBytes))
      if (trailer.getUint32(0, true) !== crc) throw damaged('gzip', 'its check sum is wrong.')
      if (trailer.getUint32(4, true) !== bytes % 2 ** 32) throw damaged('gzip', 'it holds more or less than it says.')
    }
  },
})

const need = async (intake: Intake, length: number): Promise<Uint8Array> => {
  const bytes = await intake.take(length)
  if (bytes === null) throw cutOff('gzip')
  return bytes
}

const passHeader = async (intake: Intake, isFirst: boolean): Promise<void> => {
  const [id1, id2] = await intake.peek(2)
  if (id1 !== 0x1f || (id2 !== undefined && id2 !== 0x8b))
    throw isFirst ? damaged('gzip', 'it has no header.') : trailingData('gzip')
  const fixed = await need(intake, fixedBytes)
  const flags = fixed[3]
  if (fixed[2] !== deflated || (flags & flag.reserved) !== 0) throw damaged('gzip', 'its header means nothing known.')
  if (flags & flag.extra) {
    const length = viewOf(await need(intake, 2)).getUint16(0, true)
    if (!(await intake.skip(length))) throw cutOff('gzip')
  }
  if (flags & flag.name) await passText(intake)
  if (flags & flag.comment) await passText(intake)
  if (flags & flag.headerCrc) await need(intake, 2)
}

/** Past a zero-terminated text, which nobody reads. */
const passText = async (intake: Intake): Promise<void> => {
  for (let length = 256; ; length *= 2) {
    const bytes = await intake.peek(length)
    const end = bytes.indexOf(0)
    if (end !== -1) {
      await intake.skip(end + 1)
      return
    }
    if (bytes.length < length) throw cutOff('gzip')
    if (length >= mostTextBytes) throw damaged('gzip', 'the file name in its header does not end.')
  }
}
