import type { Coverage } from '../analysis/analysis.ts'
import type { Module } from '../analysis/module.ts'
import { hexAddress } from '../analysis/scalars.ts'
import { mapParallel } from '../bytes/parallel.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { type PdbReference, readPdbReference } from '../image/pdb-reference.ts'
import { readImage } from '../image/read-image.ts'
import { readVersion, type Version } from '../image/version.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { LoadedModule } from '../kernel/module-list.ts'
import { findUnlistedImages } from '../kernel/unlisted-images.ts'
import type { UnloadedDriver } from '../kernel/unloaded-modules.ts'
import { readWhole } from '../memory/ranges.ts'

/** Headers lie scattered over physical memory: each is a request of its own where the dump is in the cloud. */
const parallelModules = 16

/** `notImages` are the bases of listed modules at which the dump holds something else than an image. */
export type DescribedModules = {
  readonly modules: Module[]
  readonly notImages: string[]
  readonly coverage: Coverage
}

/** The loaded modules for the report: the list's entries, made better by each image's own headers where resident. */
export const describeModules = async (kernel: Kernel): Promise<DescribedModules> => {
  const images = await mapParallel(kernel.modules, parallelModules, async (loaded) => {
    const image = await readImage(kernel.memory, loaded.base)
    if (image === null) {
      // Zeroes may be what a writer of dumps put in place of a page it could not read: they show nothing.
      const page = await readWhole(kernel.memory, loaded.base, pageBytes)
      return { loaded, image, pdb: null, version: null, present: page?.some((byte) => byte !== 0) ?? false }
    }
    const [pdb, version] = await Promise.all([
      readPdbReference(kernel.memory, image),
      readVersion(kernel.memory, image),
    ])
    return { loaded, image, pdb, version, present: true }
  })
  const modules = images.map(
    ({ loaded, image, pdb, version }): Module => ({
      name: loaded.name ?? fileName(loaded) ?? `unnamed@${hexAddress(loaded.base)}`,
      path: loaded.path,
      base: hexAddress(loaded.base),
      size: loaded.size,
      timestamp: hexNumber(image?.timestamp ?? loaded.timestamp),
      checksum: hexNumber(image?.checksum ?? loaded.checksum),
      pdb: pdbOf(pdb),
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
  const notImages = images.flatMap(({ loaded, image, present }) =>
    image === null && present ? [hexAddress(loaded.base)] : [],
  )
  return { modules, notImages, coverage }
}

/** Images found in memory and not on the list, as modules. */
export const describeUnlisted = async (
  kernel: Kernel,
  unloaded: readonly UnloadedDriver[],
): Promise<{ readonly modules: Module[]; readonly coverage: Coverage }> => {
  const ranges = unloaded.map(({ start, end }) => ({ base: start, size: Number(end - start) }))
  const { images, wantedPages, readPages, note } = await findUnlistedImages(kernel, ranges)
  const modules = images.map(
    ({ image, name, pdb, version }): Module => ({
      name: name ?? `unlisted@${hexAddress(image.base)}`,
      path: null,
      base: hexAddress(image.base),
      size: image.sizeOfImage,
      timestamp: hexNumber(image.timestamp),
      checksum: hexNumber(image.checksum),
      pdb: pdbOf(pdb),
      listed: false,
      ...madeBy(version),
      readBytes: 0,
    }),
  )
  const coverage = {
    area: 'images that are not listed',
    wantedBytes: wantedPages * pageBytes,
    readBytes: readPages * pageBytes,
    note,
  }
  return { modules, coverage }
}

/** As recorded: the path names the vendor's build tree, which may be all that is known of a driver. */
const pdbOf = (pdb: PdbReference | null): Module['pdb'] =>
  pdb === null ? null : { name: pdb.path, guid: pdb.guid, age: pdb.age }

const fileName = ({ path }: LoadedModule): string | null => path?.replace(/^.*\\/, '') || null

/** Only what is known: both are optional in the contract. */
const madeBy = (version: Version | null): Pick<Module, 'company' | 'version'> => ({
  ...(version?.company === undefined ? {} : { company: version.company }),
  ...(version?.version === undefined ? {} : { version: version.version }),
})

const hexNumber = (value: number | null): string | null => (value === null ? null : hexAddress(BigInt(value)))
