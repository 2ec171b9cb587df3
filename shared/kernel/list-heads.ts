import type { ByteSource } from '../bytes/source.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { storedPages } from '../memory/stored-pages.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { decodeKdbg, mostTags, plainKdbg } from './kdbg.ts'

/** Bytes of a block before its tag, and the most of one that any version wrote (reference 4.1, 4.3). */
const tagOffset = 0x10
const mostBytes = 0x1000
const tag = [0x4b, 0x44, 0x42, 0x47] as const

/**
 * PsLoadedModuleList as the debugger data block at `address` has it, whichever kernel's that is: what it leads to must
 * be seen to be a list. Null when no block is there.
 */
export const listHeadOfBlock = async (memory: VirtualMemory, address: bigint): Promise<bigint | null> => {
  const { bytes, gaps } = await memory.read(address, mostBytes)
  const present = bytes.subarray(0, gaps[0]?.offset ?? bytes.length)
  return plainKdbg(present, address, memory.pointerBytes, null)?.kdbg.pointer('PsLoadedModuleList') ?? null
}

/**
 * Looks through the stored pages in file order for debugger data blocks (reference 4.4) and yields what each has as
 * PsLoadedModuleList. A block that Windows encoded is not seen, nor one whose pages lie apart. Ends after `maxBytes`.
 */
export async function* scanForListHeads(
  source: ByteSource,
  physical: PhysicalMemory,
  pointerBytes: 4 | 8,
  maxBytes: number,
  progress: { bytes: number },
): AsyncGenerator<bigint> {
  let tags = 0
  for (const { pfns, fileOffset } of storedPages(physical, Math.floor(maxBytes / pageBytes))) {
    const bytes = await source.read(fileOffset, pfns.length * pageBytes)
    progress.bytes += bytes.length
    for (const at of tagsIn(bytes)) {
      if (tags++ >= mostTags) return
      if (at < tagOffset) continue
      const block = bytes.subarray(at - tagOffset, at - tagOffset + mostBytes)
      const head = decodeKdbg(block, 0n, pointerBytes, 'scan', null)?.pointer('PsLoadedModuleList')
      if (head) yield head
    }
  }
}

function* tagsIn(bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(tag[0]); at !== -1; at = bytes.indexOf(tag[0], at + 1))
    if (at % 4 === 0 && tag.every((byte, index) => bytes[at + index] === byte)) yield at
}
