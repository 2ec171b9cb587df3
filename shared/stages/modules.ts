import type { Coverage } from '../analysis/analysis.ts'
import type { Module } from '../analysis/module.ts'
import { hexAddress } from '../analysis/scalars.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { readPdbReference } from '../image/pdb-reference.ts'
import { readImage } from '../image/read-image.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { LoadedModule } from '../kernel/module-list.ts'

/** The loaded modules for the report: the list's entries, made better by each image's own headers where resident. */
export const describeModules = async (kernel: Kernel): Promise<{ modules: Module[]; coverage: Coverage }> => {
  const modules: Module[] = []
  let headers = 0
  for (const loaded of kernel.modules) {
    const image = await readImage(kernel.memory, loaded.base)
    if (image !== null) headers++
    const pdb = image === null ? null : await readPdbReference(kernel.memory, image)
    modules.push({
      name: loaded.name ?? fileName(loaded) ?? `unnamed@${hexAddress(loaded.base)}`,
      path: loaded.path,
      base: hexAddress(loaded.base),
      size: loaded.size,
      timestamp: hexNumber(image?.timestamp ?? loaded.timestamp),
      checksum: hexNumber(image?.checksum ?? loaded.checksum),
      pdb: pdb === null ? null : { name: pdb.name, guid: pdb.guid, age: pdb.age },
      listed: true,
      readBytes: 0,
    })
  }
  const coverage = {
    area: 'module headers',
    wantedBytes: kernel.modules.length * pageBytes,
    readBytes: headers * pageBytes,
  }
  return { modules, coverage }
}

const fileName = ({ path }: LoadedModule): string | null => path?.replace(/^.*\\/, '') || null

const hexNumber = (value: number | null): string | null => (value === null ? null : hexAddress(BigInt(value)))
