import { viewOf } from '../../bytes/view.ts'
import { isPresent, readPointer } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { isKernelAddress } from '../kernel-address.ts'
import { isPrintableKey, keyOfTag, plainKey, tagOfKey } from '../pools/pool-tag.ts'
import { readUnicodeString } from '../unicode-string.ts'

/** How many objects of a type there are, and how many handles to them. */
export type ObjectTotals = {
  readonly tag: string
  readonly name: string
  readonly objects: number
  readonly handles: number
  /** The most objects there ever were at once. */
  readonly mostObjects: number
}

/** A type: its totals, where its OBJECT_TYPE is, and the number that its objects' headers give. */
export type ObjectType = ObjectTotals & { readonly address: bigint; readonly index: number }

/** Change with every change of a row: analyses record it. */
export const objectTypesVersion = '2'

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
  readonly index: number
  readonly indexBytes: 1 | 4
  readonly objects: number
  readonly key: number
}

const row = (
  pointerBytes: 4 | 8,
  [name, index, objects, key]: readonly [number, number, number, number],
  indexBytes: 1 | 4 = 1,
): Layout => ({ pointerBytes, name, index, indexBytes, objects, key })

/**
 * OBJECT_TYPE by build (reference 11.3), latest first; which one it is the type's own name and key tell. Handles follow the
 * objects, and the most objects there ever were the handles.
 */
const layouts: readonly Layout[] = [
  row(4, [0x8, 0x14, 0x18, 0x84]),
  row(4, [0x8, 0x14, 0x18, 0x7c]),
  row(4, [0x8, 0x14, 0x18, 0xb4], 4),
  row(4, [0x40, 0x4c, 0x50, 0xac], 4),
  row(8, [0x10, 0x28, 0x2c, 0xc0]),
  row(8, [0x10, 0x28, 0x2c, 0xb8]),
  row(8, [0x10, 0x28, 0x2c, 0x120], 4),
  row(8, [0x78, 0x90, 0x94, 0x118], 4),
]

const typeBytes = 0x128
/** Longer than the name of any type. */
const mostNameCharacters = 64

/**
 * The type whose OBJECT_TYPE lies at an address. Null when it is not in the dump, or when under no known layout it is one:
 * its key four printable characters, its name a word, and where `expected` is given, both as expected (a name that is
 * paged out then is no objection).
 */
export const readObjectType = async (
  memory: VirtualMemory,
  address: bigint,
  expected: { readonly tag: string; readonly name: string } | null,
): Promise<ObjectType | null> => {
  if (!isKernelAddress(address, memory.pointerBytes)) return null
  const range = await memory.read(address, typeBytes)
  const view = viewOf(range.bytes)
  for (const layout of layouts.filter(({ pointerBytes }) => pointerBytes === memory.pointerBytes)) {
    if (!isPresent(range, layout.key, 4) || !isPresent(range, layout.name, layout.objects + 12 - layout.name)) continue
    const key = view.getUint32(layout.key, true)
    const itsName = await readUnicodeString(memory, range.bytes, layout.name)
    if (expected === null) {
      if (!isPrintableKey(key) || itsName === null || !isTypeName(itsName)) continue
    } else if (plainKey(key) !== keyOfTag(expected.tag) || (itsName !== null && itsName !== expected.name)) continue
    const [objects, handles, mostObjects] = [0, 4, 8].map((after) => view.getUint32(layout.objects + after, true))
    if (objects > mostObjects) continue
    return {
      tag: tagOfKey(key),
      name: itsName ?? expected?.name ?? '',
      objects,
      handles,
      mostObjects,
      address,
      index: layout.indexBytes === 1 ? view.getUint8(layout.index) : view.getUint32(layout.index, true),
    }
  }
  return null
}

const isTypeName = (name: string): boolean => name.length <= mostNameCharacters && /^[A-Za-z][A-Za-z0-9 _]*$/.test(name)

/** The type that an exported variable, at `variable`, points to. Null as above. */
export const readExportedType = async (
  memory: VirtualMemory,
  variable: bigint,
  expected: { readonly tag: string; readonly name: string },
): Promise<ObjectType | null> => {
  const pointer = await readPointer(memory, variable)
  return pointer === null ? null : readObjectType(memory, pointer, expected)
}
