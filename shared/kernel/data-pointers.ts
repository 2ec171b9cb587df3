import { viewOf } from '../bytes/view.ts'

export type Range = { readonly address: bigint; readonly length: number }
export type DataPointer = { readonly offset: number; readonly address: bigint }

/**
 * The words of a piece of the kernel's data that could point at something it allocated: kernel addresses, aligned, outside
 * the kernel's own image. `alignment` is a power of two of at least the pointer's size; offsets are from the piece's start.
 */
export function* allocationPointers(
  bytes: Uint8Array,
  pointerBytes: 4 | 8,
  alignment: number,
  image: Range,
): Generator<DataPointer> {
  const view = viewOf(bytes)
  const imageEnd = image.address + BigInt(image.length)
  for (let offset = 0; offset + pointerBytes <= bytes.length; offset += pointerBytes) {
    const low = view.getUint32(offset, true)
    // Cheap tests on the halves first: nearly every word fails them. Five levels of tables reach down to 0xff00….
    if (low % alignment !== 0) continue
    if (pointerBytes === 4 ? low < 0x80000000 : view.getUint32(offset + 4, true) < 0xff000000) continue
    const address = pointerBytes === 4 ? BigInt(low) : view.getBigUint64(offset, true)
    if (address < image.address || address >= imageEnd) yield { offset, address }
  }
}
