import { assertWithin } from './short-read.ts'
import type { ByteSource } from './source.ts'

/** Bytes already in memory as a source. */
export const bufferSource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (offset, length) => {
    assertWithin(offset, length, bytes.length)
    return bytes.subarray(offset, offset + length)
  },
})
