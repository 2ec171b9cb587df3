import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../forge/forge.ts'

/** `Comment` of a 64-bit dump's header, 128 bytes of text: DUMP_HEADER64 in wdm's and the debugger's headers. */
const commentOffset = 0xfb0

/**
 * Dumps of the tiny x64 machine that differ in their header's comment alone, so that none is taken for another one's
 * copy. `next` writes one into the folder: its path.
 */
export const distinctDumps = (folder: string) => {
  const { bytes, pieces } = build('tiny-x64')
  const dump = Buffer.concat(pieces)
  let made = 0
  return {
    bytes,
    next: async (): Promise<string> => {
      const path = join(folder, `tiny-${++made}.dmp`)
      dump.fill(0, commentOffset, commentOffset + 128)
      dump.write(`Dump ${made} of many.`, commentOffset, 'latin1')
      await writeFile(path, Uint8Array.from(dump))
      return path
    },
  }
}
