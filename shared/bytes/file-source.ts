import { open } from 'node:fs/promises'
import { assertWithin, shortRead } from './short-read.ts'
import type { ByteSource } from './source.ts'

/** A file on disk as a source; dispose of it to close the file. Its size is the one it had when opened. */
export const openFileSource = async (path: string): Promise<ByteSource & AsyncDisposable> => {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    size,
    read: async (offset, length) => {
      assertWithin(offset, length, size)
      const bytes = new Uint8Array(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) throw shortRead(offset, length, done)
        done += bytesRead
      }
      return bytes
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}
