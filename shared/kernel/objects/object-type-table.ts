import type { Image } from '../../image/image.ts'
import { pointerAt, presenceOf } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'
import { writableData } from '../writable-data.ts'
import { type ObjectType, readObjectType } from './object-types.ts'

/** Types are numbered in a byte. */
const mostTypes = 256
/** So many places in a row without a type end the table. */
const mostMissing = 4

/**
 * All types of objects. The kernel keeps a table of them, each at its number, under no exported name (ObTypeIndexTable,
 * before Windows 7 ObpObjectTypes): it is where the types of two known numbers stand as far apart as their numbers say.
 * Every entry must be a type and say that this is its number. Null when no such table is in the kernel's writable data.
 */
export const readAllObjectTypes = async (
  memory: VirtualMemory,
  kernel: Image,
  first: ObjectType,
  second: ObjectType,
): Promise<readonly ObjectType[] | null> => {
  const width = memory.pointerBytes
  const [lower, higher] = first.index < second.index ? [first, second] : [second, first]
  const apart = (higher.index - lower.index) * width
  if (apart === 0 || higher.index >= mostTypes) return null
  for await (const { range } of writableData(memory, kernel, apart)) {
    const present = presenceOf(range)
    for (const at of wordsEqualTo(range.bytes, lower.address, width)) {
      if (!present(at, width) || !present(at + apart, width)) continue
      if (pointerAt(range.bytes, at + apart, width) !== higher.address) continue
      return typesAround(memory, range.address + BigInt(first === lower ? at : at + apart), first)
    }
  }
  return null
}

function* wordsEqualTo(bytes: Uint8Array, value: bigint, width: 4 | 8): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const low = Number(value & 0xffff_ffffn)
  for (let at = 0; at + width <= bytes.length; at += width)
    if (view.getUint32(at, true) === low && pointerAt(bytes, at, width) === value) yield at
}

/** The types that stand around a known one, up and down from it. */
const typesAround = async (memory: VirtualMemory, place: bigint, known: ObjectType): Promise<ObjectType[]> => {
  const width = memory.pointerBytes
  const types = [known]
  for (const step of [1, -1]) {
    let missing = 0
    for (let index = known.index + step; index > 0 && index < mostTypes && missing < mostMissing; index += step) {
      const { bytes, gaps } = await memory.read(place + BigInt((index - known.index) * width), width)
      const type = gaps.length > 0 ? null : await readObjectType(memory, pointerAt(bytes, 0, width), null)
      if (type?.index === index) types.push(type)
      missing = type?.index === index ? 0 : missing + 1
    }
  }
  return types.sort((a, b) => a.index - b.index)
}
