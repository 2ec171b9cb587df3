import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of bytes that never changes once it has its name. `md5` in hexadecimal. */
export type Blob = { readonly id: string; readonly size: number; readonly md5: string }

/** Bytes `from` to `from + length` of a blob. */
export type Segment = { readonly blob: string; readonly from: number; readonly length: number }

const chunkBytes = 2 ** 20

export type Blobs = ReturnType<typeof blobsIn> extends Promise<infer Opened> ? Opened : never

/** The folder that holds every object's bytes. Files that were being written when the stack last ended are removed. */
export const blobsIn = async (folder: string) => {
  const unfinished = join(folder, 'unfinished')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })

  /**
   * Writes a stream to disk. The blob has its name only when `verify` has returned after the last byte, so that a file
   * with a name is always whole; `onChunk` sees every byte once.
   */
  const write = async (
    body: AsyncIterable<Uint8Array>,
    onChunk: (chunk: Uint8Array) => void,
    verify: (size: number) => void,
  ): Promise<Blob> => {
    const id = randomBytes(16).toString('hex')
    const path = join(unfinished, id)
    const md5 = createHash('md5')
    let size = 0
    try {
      await using file = await open(path, 'wx', 0o600)
      let waiting: Uint8Array[] = []
      let waitingBytes = 0
      for await (const chunk of body) {
        md5.update(chunk)
        onChunk(chunk)
        size += chunk.length
        waiting.push(chunk)
        waitingBytes += chunk.length
        if (waitingBytes < chunkBytes) continue
        await file.writev(waiting)
        waiting = []
        waitingBytes = 0
      }
      if (waiting.length > 0) await file.writev(waiting)
      verify(size)
      await rename(path, join(folder, id))
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    return { id, size, md5: md5.digest('hex') }
  }

  /** The bytes of the segments one after the other. */
  async function* read(segments: Iterable<Segment>): AsyncGenerator<Buffer> {
    for (const { blob, from, length } of segments) {
      await using file = await open(join(folder, blob))
      for (let done = 0; done < length; ) {
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, length - done))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, from + done)
        if (bytesRead === 0) throw new Error(`The file ${blob} ends after ${from + done} bytes.`)
        yield buffer.subarray(0, bytesRead)
        done += bytesRead
      }
    }
  }

  const remove = async (ids: Iterable<string>): Promise<void> => {
    for (const id of ids) await rm(join(folder, id), { force: true })
  }

  /** Removes what no object and no upload refers to: left behind when the stack ended between two steps. */
  const sweep = async (isUsed: (id: string) => boolean): Promise<void> => {
    const files = await readdir(folder, { withFileTypes: true })
    await remove(files.filter((file) => file.isFile() && !isUsed(file.name)).map(({ name }) => name))
  }

  return { write, read, remove, sweep }
}
