import { mapParallel } from '../bytes/parallel.ts'
import { viewOf } from '../bytes/view.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { importBinding } from '../image/bound-imports.ts'
import { readExports } from '../image/exports.ts'
import type { Image } from '../image/image.ts'
import { type PdbReference, readPdbReference } from '../image/pdb-reference.ts'
import { readImage } from '../image/read-image.ts'
import { readVersion, type Version } from '../image/version.ts'
import { type AddressRange, rangeFinder } from '../memory/address-ranges.ts'
import { readWhole } from '../memory/ranges.ts'
import type { Kernel } from './kernel.ts'
import { pageState, pageStates, type Region, surroundingsOf } from './module-surroundings.ts'

/** An image the kernel executes that the module list does not know. */
export type UnlistedImage = {
  readonly image: Image
  /** As its exports, its version resource or its PDB say, in that order; null when none does. */
  readonly name: string | null
  readonly pdb: PdbReference | null
  readonly version: Version | null
}

export type UnlistedSearch = {
  readonly images: readonly UnlistedImage[]
  /** Pages at which an image may begin, and those that were looked at. */
  readonly wantedPages: number
  readonly readPages: number
  /** What was looked at and what was not, in full sentences. */
  readonly note: string
}

/** Page beginnings read at most: each may be a request of its own where the dump is in the cloud. */
const maxPages = 512
const parallelPages = 16
/** 16 MiB: what is mapped in one piece and larger is a pool or a cache, and can only begin with a driver. */
const largestDriverPages = 4096
/** More hidden drivers than this are a dump that lies. */
const maxImages = 64
/** 1 GiB: what claims to be an image is held against the page tables page by page, whether it is one or not. */
const maxImagePages = 2 ** 18
/** The size of an image is where its last section ends, rounded up to their alignment: a page as a rule. */
const largestAlignment = 0x1_0000
/** Twice the largest driver there is. */
const maxImageBytes = 2 ** 28
const nativeSubsystem = 1
const executableImage = 2

/**
 * Looks for images that the kernel executes and PsLoadedModuleList does not name (reference 6.3).
 *
 * Drivers are loaded next to each other, so the page tables around the listed modules, and around where `unloaded` ones
 * were, say where another one can be: in mapped pages that no listed module accounts for. Of those the first of each
 * region is looked at, since an image begins what was mapped for it, then the others of the small ones, up to a bound.
 * The other way, every page in the dump that begins with MZ and then a walk of all page tables for its address, is free
 * only where the pool scan runs, and comes after what needs the result: the contents of blocks and the pointer search.
 *
 * What is found counts only when it is a driver for this machine, laid out and bound as the loader leaves it, and its
 * code mapped executable. So copies of files do not, nor images of programs, nor what is left in memory of an image that
 * was moved or is listed elsewhere.
 */
export const findUnlistedImages = async (
  kernel: Kernel,
  unloaded: readonly AddressRange[] = [],
): Promise<UnlistedSearch> => {
  const around = await surroundingsOf(kernel.memory, kernel.physical, kernel.modules, unloaded)
  if (around === null || kernel.modules.length === 0)
    return {
      images: [],
      wantedPages: 0,
      readPages: 0,
      note: 'Without a module list it is not known where drivers lie.',
    }
  const listed = await identities(kernel)
  const listedAt = rangeFinder(kernel.modules)
  const isListed = (address: bigint): boolean => listedAt(address) !== null
  const images: UnlistedImage[] = []
  let readPages = 0
  let copies = 0
  const room = { imagePages: maxImagePages }
  const unaccounted = (address: bigint): boolean =>
    !images.some(({ image }) => address >= image.base && address < image.base + BigInt(image.sizeOfImage))

  const lookAt = async (pages: readonly bigint[]): Promise<void> => {
    const begins = await mapParallel(pages, parallelPages, (page) => beginsImage(kernel, page))
    readPages += begins.filter((found) => found !== null).length
    for (const page of pages.filter((_, index) => begins[index] === true)) {
      if (images.length >= maxImages || !unaccounted(page)) continue
      const image = await loadedDriver(kernel, page, isListed, room)
      if (image === null) continue
      if (listed.has(identity(image))) copies++
      else images.push(await described(kernel, image))
    }
  }
  const { firsts, others, wanted } = pagesOf(around.regions)
  await lookAt(firsts.slice(0, maxPages))
  await lookAt(others.filter(unaccounted).slice(0, Math.max(0, maxPages - firsts.length)))
  return {
    images: images.sort((a, b) => (a.image.base < b.image.base ? -1 : 1)),
    wantedPages: wanted,
    readPages,
    note: [
      `Looked for drivers that are not listed in ${mebibytes(around.pages)} MiB of address space around the listed ones; elsewhere in the kernel's half none was looked for, and one that wiped its headers is not recognised.`,
      around.skippedPages > 0
        ? `${mebibytes(around.skippedPages)} MiB around listed ones were left out for their number.`
        : null,
      copies > 0 ? `${copies} copies of listed images were left out.` : null,
      images.length >= maxImages ? `After ${maxImages} no more were listed.` : null,
      room.imagePages < 0
        ? `After ${mebibytes(maxImagePages)} MiB of what looked like images no more were looked at.`
        : null,
    ]
      .filter((sentence) => sentence !== null)
      .join(' '),
  }
}

const mebibytes = (pages: number): number => Math.round((pages * pageBytes) / 2 ** 20)

/**
 * The pages to look at: the first of every region, those of the largest regions first (where there are many, most are
 * stacks of a few pages), and the others of regions that are no larger than drivers are, the smallest first.
 */
const pagesOf = (regions: readonly Region[]): { firsts: bigint[]; others: bigint[]; wanted: number } => {
  const firsts: bigint[] = []
  const others: bigint[] = []
  let wanted = 0
  for (const { base, pages, present } of regions.toSorted((a, b) => a.pages - b.pages)) {
    if (present[0] === 0) firsts.push(base)
    wanted += pages > largestDriverPages ? 1 : pages
    // Twice as many as are read, for some fall to images that the first pages show.
    if (pages > largestDriverPages || others.length > 2 * maxPages) continue
    for (const page of present) if (page > 0) others.push(base + BigInt(page * pageBytes))
  }
  return { firsts: firsts.reverse(), others, wanted }
}

/** Whether the page begins as an image does; null when it is not in the dump. */
const beginsImage = async ({ memory }: Kernel, page: bigint): Promise<boolean | null> => {
  const bytes = await readWhole(memory, page, 2)
  return bytes === null ? null : viewOf(bytes).getUint16(0, true) === 0x5a4d
}

/** The driver whose headers lie at an address, null when they are none's, or it is not loaded there. */
const loadedDriver = async (
  kernel: Kernel,
  base: bigint,
  isListed: (address: bigint) => boolean,
  room: { imagePages: number },
): Promise<Image | null> => {
  const { memory, header } = kernel
  const image = await readImage(memory, base)
  if (image === null || image.machine !== header.machineImageType || image.subsystem !== nativeSubsystem) return null
  if ((image.characteristics & executableImage) === 0 || image.sizeOfImage > maxImageBytes) return null
  if (kernel.modules.some((module) => overlap(module, { base, size: image.sizeOfImage }))) return null
  if (!(await isMappedByItsSections(kernel, image, room))) return null
  switch (await importBinding(memory, image, isListed)) {
    case 'bound':
      return image
    case 'none':
      // Nothing is bound then; a table that reads well at its RVA still shows that the sections lie where they belong.
      return (await ownName(kernel, image)) === null ? null : image
    default:
      return null
  }
}

const overlap = (a: AddressRange, b: AddressRange): boolean =>
  a.base < b.base + BigInt(b.size) && b.base < a.base + BigInt(a.size)

/** Its sections fill it, each that is kept has its pages, in the dump or not, and code is executable wherever it is there. */
const isMappedByItsSections = async (
  { memory, physical }: Kernel,
  image: Image,
  room: { imagePages: number },
): Promise<boolean> => {
  const end = Math.max(...image.sections.map(({ rva, virtualSize }) => rva + virtualSize), 0)
  if (image.sizeOfImage > end + largestAlignment) return false
  const pages = Math.ceil(image.sizeOfImage / pageBytes)
  room.imagePages -= pages
  if (room.imagePages < 0) return false
  const states = pageStates((await memory.spans?.(image.base, pages)) ?? [], pages, physical)
  let executable = false
  for (const { rva, virtualSize, discardable, executable: isCode } of image.sections) {
    const section = states.subarray(Math.floor(rva / pageBytes), Math.ceil((rva + virtualSize) / pageBytes))
    if (discardable) continue
    if (section.every((state) => state === pageState.nothing)) return false
    if (isCode && section.includes(pageState.data)) return false
    executable ||= isCode && section.includes(pageState.code)
  }
  return executable
}

/** What tells a build of an image from every other. */
const identity = ({
  timestamp,
  sizeOfImage,
  checksum,
}: Pick<Image, 'timestamp' | 'sizeOfImage' | 'checksum'>): string => `${timestamp} ${sizeOfImage} ${checksum}`

/** Of the listed images, by what their headers say, or where those are not in the dump by what the list says. */
const identities = async ({ memory, modules }: Kernel): Promise<ReadonlySet<string>> => {
  const all = await mapParallel(modules, parallelPages, async ({ base, timestamp, size, checksum }) => {
    const image = await readImage(memory, base)
    if (image !== null) return identity(image)
    const forged = (await readWhole(memory, base, 2)) !== null
    return forged ? null : identity({ timestamp: timestamp ?? 0, sizeOfImage: size, checksum: checksum ?? 0 })
  })
  return new Set(all.filter((one) => one !== null))
}

const described = async (kernel: Kernel, image: Image): Promise<UnlistedImage> => ({
  image,
  name: await ownName(kernel, image),
  pdb: await readPdbReference(kernel.memory, image),
  version: await readVersion(kernel.memory, image),
})

/**
 * The name an image gives itself. A PDB is named like its driver but for the extension. A name of a listed module says
 * nothing: it is borrowed.
 */
const ownName = async ({ memory, modules }: Kernel, image: Image): Promise<string | null> => {
  const taken = new Set(modules.map(({ name }) => name?.toLowerCase()))
  const names = [
    (await readExports(memory, image)).name,
    (await readVersion(memory, image))?.originalName ?? null,
    (await readPdbReference(memory, image))?.name.replace(/\.pdb$/i, '.sys') ?? null,
  ]
  return names.find((name) => name !== null && /^[\x20-\x7e]+$/.test(name) && !taken.has(name.toLowerCase())) ?? null
}
