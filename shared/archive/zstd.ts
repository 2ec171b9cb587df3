import type { ReadAhead } from '../bytes/read-ahead.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { unzstd } from './decode.ts'
import { type Intake, openIntake } from './intake.ts'
import { tooFinelyCut } from './limits.ts'
import type { PackedDump } from './packed.ts'
import { cutOff, damaged, trailingData } from './refusals.ts'

const frameMagic = 0xfd2fb528
/** Sixteen of them, for data that decoders pass over (RFC 8878, 3.1.2); pzstd begins with one. */
const skippableMagic = 0x184d2a50

/** A Zstandard file: frames one after another, whose contents together are the file. libzstd checks their check sums. */
export const openZstd = (source: ByteSource, pieces?: ReadAhead): PackedDump => ({
  coder: 'zstd',
  declaredBytes: null,
  chunks: async function* () {
    const intake = openIntake(source, 0, source.size, pieces)
    let total = 0
    for (let frames = 0; (await intake.peek(1)).length > 0; frames++) {
      if (tooFinelyCut(frames, total)) throw damaged('zstd', 'it is cut into far too many pieces.')
      if (await isFrame(intake, frames === 0))
        for await (const chunk of unzstd('zstd', intake)) {
          total += chunk.length
          yield chunk
        }
    }
  },
})

/** Looks at what comes next. A skippable frame is passed over: false. */
const isFrame = async (intake: Intake, isFirst: boolean): Promise<boolean> => {
  const start = await intake.peek(8)
  if (start.length < 5) throw isFirst ? cutOff('zstd') : trailingData('zstd')
  const magic = viewOf(start).getUint32(0, true)
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
    if (start.length < 8) throw cutOff('zstd')
    if (!(await intake.skip(8 + viewOf(start).getUint32(4, true)))) throw cutOff('zstd')
    return false
  }
  if (magic !== frameMagic) throw isFirst ? damaged('zstd', 'it has no header.') : trailingData('zstd')
  return true
}
