import type { Coverage } from '../analysis/analysis.ts'
import type { Module } from '../analysis/module.ts'
import { hexAddress } from '../analysis/scalars.ts'
import { mapParallel } from '../bytes/parallel.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { readPdbReference } from '../image/pdb-reference.ts'
import { readImage } from '../image/read-image.ts'
import { readVersion, type Version } from '../image/version.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { LoadedModule } from '../kernel/module-list.ts'

/** Headers lie scattered over physical memory: each is a request of its own where the dump is in the cloud. */
const parallelModules = 16

/** The loaded modules for the report: the list's entries, made better by each image's own headers where resident. */
export const describeModules = async (kernel: Kernel): Promise<{ modules: Module[]; coverage: Coverage }> => {
  const images = await mapParallel(kernel.modules, parallelModules, async (loaded) => {
    const image = await readImage(kernel.memory, loaded.base)
    if (image === null) return { loaded, image, pdb: null, version: null }
    const [pdb, version] = await Promise.all([
      readPdbReference(kernel.memory, image),
      readVersion(kernel.memory, image),
    ])
    return { loaded, image, pdb, version }
  })
  const modules = images.map(
    ({ loaded, image, pdb, version }): Module => ({
      name: loaded.name ?? fileName(loaded) ?? `unnamed@${hexAddress(loaded.base)}`,
      path: loaded.path,
      base: hexAddress(loaded.base),
      size: loaded.size,
      timestamp: hexNumber(image?.timestamp ?? loaded.timestamp),
      checksum: hexNumber(image?.checksum ?? loaded.checksum),
      // As recorded: the path names the vendor's build tree, which may be all that is known of a driver.
      pdb: pdb === null ? null : { name: pdb.path, guid: pdb.guid, age: pdb.age },
      listed: true,
      ...madeBy(version),
      readBytes: 0,
    }),
  )
  const coverage = {
    area: 'module headers',
    wantedBytes: images.length * pageBytes,
    readBytes: images.filter(({ image }) => image !== null).length * pageBytes,
  }
  return { modules, coverage }
}

const fileName = ({ path }: LoadedModule): string | null => path?.replace(/^.*\\/, '') || null

/** Only what is known: both are optional in the contract. */
const madeBy = (version: Version | null): Pick<Module, 'company' | 'version'> => ({
  ...(version?.company === undefined ? {} : { company: version.company }),
  ...(version?.version === undefined ? {} : { version: version.version }),
})

const hexNumber = (value: number | null): string | null => (value === null ? null : hexAddress(BigInt(value)))
