import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../forge/forge.ts'

/** `Comment` of a dump's header (DUMP_HEADER32, DUMP_HEADER64), text of 128 bytes: shared/dump/header.ts reads it too. */
const commentOffset = { DUMP: 0x820, DU64: 0xfb0 } as const

/**
 * Dumps of a scenario that differ in their header's comment alone, so that none is taken for another one's copy. `next`
 * writes one into the folder: its path.
 */
export const distinctDumps = (folder: string, scenario = 'tiny-x64') => {
  const { bytes, pieces } = build(scenario)
  const dump = Buffer.concat(pieces)
  const kind = dump.toString('latin1', 4, 8) as keyof typeof commentOffset
  const offset = commentOffset[kind]
  let made = 0
  return {
    bytes,
    next: async (): Promise<string> => {
      const path = join(folder, `${scenario}-${++made}.dmp`)
      dump.fill(0, offset, offset + 128)
      dump.write(`Dump ${made} of many.`, offset, 'latin1')
      await writeFile(path, Uint8Array.from(dump))
      return path
    },
  }
}
