import { viewOf } from '../bytes/view.ts'
import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { isKernelAddress } from './kernel-address.ts'
import { keyOfTag, plainKey } from './pool-tag.ts'
import { readUnicodeString } from './unicode-string.ts'

/** How many objects of a type there are, and how many handles to them. */
export type ObjectTotals = {
  readonly tag: string
  readonly name: string
  readonly objects: number
  readonly handles: number
  /** The most objects there ever were at once. */
  readonly mostObjects: number
}

/** Change with every change of a row: analyses record it. */
export const objectTypesVersion = '1'

/** The exported variable that points to a type's OBJECT_TYPE, by the tag of its objects (reference 11.3). */
export const typeVariables: readonly { readonly tag: string; readonly variable: string; readonly name: string }[] = [
  { tag: 'Thre', variable: 'PsThreadType', name: 'Thread' },
  { tag: 'Proc', variable: 'PsProcessType', name: 'Process' },
  { tag: 'Toke', variable: 'SeTokenObjectType', name: 'Token' },
  { tag: 'File', variable: 'IoFileObjectType', name: 'File' },
  { tag: 'Even', variable: 'ExEventObjectType', name: 'Event' },
  { tag: 'Sema', variable: 'ExSemaphoreObjectType', name: 'Semaphore' },
  { tag: 'Sect', variable: 'MmSectionObjectType', name: 'Section' },
  { tag: 'Port', variable: 'LpcPortObjectType', name: 'Port' },
  { tag: 'Key ', variable: 'CmKeyObjectType', name: 'Key' },
  { tag: 'Time', variable: 'ExTimerObjectType', name: 'Timer' },
]

type Layout = {
  readonly pointerBytes: 4 | 8
  readonly name: number
  readonly objects: number
  readonly handles: number
  readonly mostObjects: number
  readonly key: number
}

/** OBJECT_TYPE by build (reference 11.3), latest first; which one it is the type's own name and key tell. */
const layouts: readonly Layout[] = [
  { pointerBytes: 4, name: 0x8, objects: 0x18, handles: 0x1c, mostObjects: 0x20, key: 0x84 },
  { pointerBytes: 4, name: 0x8, objects: 0x18, handles: 0x1c, mostObjects: 0x20, key: 0x7c },
  { pointerBytes: 4, name: 0x8, objects: 0x18, handles: 0x1c, mostObjects: 0x20, key: 0xb4 },
  { pointerBytes: 4, name: 0x40, objects: 0x50, handles: 0x54, mostObjects: 0x58, key: 0xac },
  { pointerBytes: 8, name: 0x10, objects: 0x2c, handles: 0x30, mostObjects: 0x34, key: 0xc0 },
  { pointerBytes: 8, name: 0x10, objects: 0x2c, handles: 0x30, mostObjects: 0x34, key: 0xb8 },
  { pointerBytes: 8, name: 0x10, objects: 0x2c, handles: 0x30, mostObjects: 0x34, key: 0x120 },
  { pointerBytes: 8, name: 0x78, objects: 0x94, handles: 0x98, mostObjects: 0x9c, key: 0x118 },
]

const typeBytes = 0x128

/**
 * The totals of a type, by the address of the exported variable that points to it. Null when it is not in the dump, or
 * when under no known layout its key is the objects' tag and its name, where that can be read, the type's.
 */
export const readObjectTotals = async (
  memory: VirtualMemory,
  variable: bigint,
  { tag, name }: { readonly tag: string; readonly name: string },
): Promise<ObjectTotals | null> => {
  const width = memory.pointerBytes
  const pointer = await memory.read(variable, width)
  if (pointer.gaps.length > 0) return null
  const address = pointerAt(pointer.bytes, 0, width)
  if (!isKernelAddress(address, width)) return null
  const range = await memory.read(address, typeBytes)
  const view = viewOf(range.bytes)
  for (const layout of layouts.filter(({ pointerBytes }) => pointerBytes === width)) {
    if (!isPresent(range, layout.key, 4) || !isPresent(range, layout.name, layout.mostObjects + 4 - layout.name))
      continue
    if (plainKey(view.getUint32(layout.key, true)) !== keyOfTag(tag)) continue
    const itsName = await readUnicodeString(memory, range.bytes, layout.name)
    if (itsName !== null && itsName !== name) continue
    const [objects, handles, mostObjects] = [layout.objects, layout.handles, layout.mostObjects].map((offset) =>
      view.getUint32(offset, true),
    )
    if (objects > mostObjects) continue
    return { tag, name, objects, handles, mostObjects }
  }
  return null
}
