import { viewOf } from '../bytes/view.ts'
import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { isKernelAddress } from './kernel-address.ts'
import { type ListEntry, walkList } from './list-walk.ts'
import { readUnicodeString } from './unicode-string.ts'

/** One entry of PsLoadedModuleList, as the list tells it. */
export type LoadedModule = {
  /** BaseDllName, for example `ntoskrnl.exe`; null when its buffer is not in the dump. */
  readonly name: string | null
  readonly path: string | null
  readonly base: bigint
  readonly size: number
  readonly timestamp: number | null
  readonly checksum: number | null
}

export type ModuleList = {
  readonly modules: readonly LoadedModule[]
  /** Set when not all of the list could be walked: a full sentence. */
  readonly note: string | null
}

const maxModules = 4096
const maxImageBytes = 0x4000_0000

/** KLDR_DATA_TABLE_ENTRY (reference 6.1); the time stamp moved with Windows 10. */
const layouts = {
  4: {
    base: 0x18,
    size: 0x20,
    path: 0x24,
    name: 0x2c,
    leastBytes: 0x34,
    checksum: 0x40,
    timestamp: 0x44,
    timestamp10: 0x58,
  },
  8: {
    base: 0x30,
    size: 0x40,
    path: 0x48,
    name: 0x58,
    leastBytes: 0x68,
    checksum: 0x78,
    timestamp: 0x80,
    timestamp10: 0x9c,
  },
} as const
const windows10 = 10240

/** Walks the list from both ends, as far as they are readable. Bounded, and never twice through one entry. */
export const readModuleList = async (
  memory: VirtualMemory,
  listHead: bigint,
  build: number,
  limit = maxModules,
): Promise<ModuleList> => {
  const walk = await walkList(memory, listHead, limit, (address) => readEntry(memory, address, build))
  if (walk === null)
    return { modules: [], note: `The head of the module list at 0x${listHead.toString(16)} is not in the dump.` }
  const { values, odd, brokenAt, fromOtherEnd } = walk
  const notes = [
    brokenAt === null
      ? null
      : `The module list breaks off at 0x${brokenAt.toString(16)}, after ${values.length - fromOtherEnd} modules; ${fromOtherEnd} more were found from its other end, and there may be others between.`,
    odd === 0 ? null : `${odd} entries of the module list describe no possible module and were left out.`,
  ].filter((note) => note !== null)
  return { modules: values, note: notes.length === 0 ? null : notes.join(' ') }
}

const readEntry = async (
  memory: VirtualMemory,
  address: bigint,
  build: number,
): Promise<ListEntry<LoadedModule> | null> => {
  const width = memory.pointerBytes
  const at = layouts[width]
  const timestampAt = build >= windows10 ? at.timestamp10 : at.timestamp
  const range = await memory.read(address, timestampAt + 4)
  if (!isPresent(range, 0, at.leastBytes)) return null
  const view = viewOf(range.bytes)
  const u32 = (offset: number): number | null => (isPresent(range, offset, 4) ? view.getUint32(offset, true) : null)
  const flink = pointerAt(range.bytes, 0, width)
  const blink = pointerAt(range.bytes, width, width)
  const base = pointerAt(range.bytes, at.base, width)
  const size = view.getUint32(at.size, true)
  if (!isKernelAddress(base, width) || base % 4096n !== 0n || size === 0 || size > maxImageBytes)
    return { flink, blink, value: null }
  const module: LoadedModule = {
    name: await readUnicodeString(memory, range.bytes, at.name),
    path: await readUnicodeString(memory, range.bytes, at.path),
    base,
    size,
    timestamp: u32(timestampAt),
    checksum: u32(at.checksum),
  }
  return { flink, blink, value: module }
}
