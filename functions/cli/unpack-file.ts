import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ArchiveFormat } from '../../shared/analysis/archive-format.ts'
import { archiveNames } from '../../shared/archive/refusals.ts'
import { unpackDump } from '../../shared/archive/unpack.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'

/**
 * The dump in an archive as a file of its own in the folder for temporary files, removed when it is disposed of. Throws
 * `ArchiveRefused` for an archive that is not unpacked.
 */
export const unpackFile = async (archive: ByteSource, format: ArchiveFormat): Promise<ByteSource & AsyncDisposable> => {
  if (process.stderr.isTTY) process.stderr.write(`Unpacking the ${archiveNames[format]} …\n`)
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'unpacked.dmp')
    await using file = await open(path, 'w')
    for await (const chunk of unpackDump(archive, format)) await file.writeFile(chunk)
    const source = await openFileSource(path)
    return {
      size: source.size,
      read: source.read,
      [Symbol.asyncDispose]: async () => {
        await source[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
