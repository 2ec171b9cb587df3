import { pointerAt } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import type { ObjectType } from './object-types.ts'

/** OBJECT_HEADER by the width of pointers (reference 11.1): which types it can name, and where the object itself begins. */
export const objectHeader = {
  4: { typePointer: 0x8, typeIndex: 0xc, body: 0x18 },
  8: { typePointer: 0x10, typeIndex: 0x18, body: 0x30 },
} as const

/** What of a header is read. */
export const headerBytes = 0x20

/** The type of the object whose header lies at an address; null when it is none of the known ones. */
export type TypeOfHeader = (address: bigint, header: Uint8Array) => ObjectType | null

/** How many objects of a known type are looked at to learn how headers name their type. */
const mostSamples = 64
/** Of those in the dump, so many must agree. */
const agreeing = 0.9
/** A cookie is learnt from the objects themselves: fewer would agree by chance. */
const leastForCookie = 3

/**
 * How headers name the type, learnt from objects whose type is known: the process list's. By a pointer up to Vista, by a
 * number in Windows 7 and 8, from Windows 10 on by a number masked with the second byte of the header's address and a
 * cookie of that boot (reference 11.2), which the known objects give away. Null when they do not agree.
 */
export const learnTypeOfHeader = async (
  memory: VirtualMemory,
  known: { readonly type: ObjectType; readonly bodies: readonly bigint[] },
  types: readonly ObjectType[],
): Promise<TypeOfHeader | null> => {
  const width = memory.pointerBytes
  const { typePointer, typeIndex, body } = objectHeader[width]
  const samples: { readonly address: bigint; readonly header: Uint8Array }[] = []
  for (const object of known.bodies.slice(0, mostSamples)) {
    const address = object - BigInt(body)
    const { bytes, gaps } = await memory.read(address, headerBytes)
    if (gaps.length === 0) samples.push({ address, header: bytes })
  }
  const byAddress = new Map(types.map((type) => [type.address, type]))
  const byIndex = new Map(types.map((type) => [type.index, type]))
  const fits = (typeOf: TypeOfHeader): boolean => {
    const right = samples.filter(({ address, header }) => typeOf(address, header)?.address === known.type.address)
    return samples.length > 0 && right.length >= samples.length * agreeing
  }

  const byPointer: TypeOfHeader = (_, header) => byAddress.get(pointerAt(header, typePointer, width)) ?? null
  const byNumber: TypeOfHeader = (_, header) => byIndex.get(header[typeIndex]) ?? null
  const masked =
    (cookie: number): TypeOfHeader =>
    (address, header) =>
      byIndex.get(header[typeIndex] ^ secondByte(address) ^ cookie) ?? null
  const cookies = samples.map(({ address, header }) => header[typeIndex] ^ secondByte(address) ^ known.type.index)
  const schemes = [
    byPointer,
    byNumber,
    ...(samples.length < leastForCookie ? [] : [...new Set(cookies)].slice(0, 2).map(masked)),
  ]
  return schemes.find(fits) ?? null
}

const secondByte = (address: bigint): number => Number((address >> 8n) & 0xffn)
