import { finishImage, type Image, imagePages } from '../image/image.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import { type Access, readWriteExecute } from '../memory/entries.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { type Images, resolveExport } from './images.ts'

/** Shares of a driver's pageable pages that are in the page file, and that are out of the working set but still in RAM. */
const outShare = 0.25
const transitionShare = 0.15

/** Bytes of an image that are in the dump, by its name. */
export type Residency = Map<Image, number>

/**
 * Maps every image: discarded sections not at all, part of the pageable ones to the page file. nt and hal are mapped by
 * large pages where the scenario says so. Contents follow with `fillImages`.
 */
export const mapImages = (
  scenario: Scenario,
  images: Images,
  space: AddressSpace,
  pageFileOffset: () => number,
  random: Random,
): Residency => {
  const residency: Residency = new Map()
  const hal = images.all[1]
  if (scenario.images.large) {
    const start = Math.min(images.nt.spec.base, hal.spec.base)
    const end = Math.max(...[images.nt, hal].map(({ spec, sizeOfImage }) => spec.base + sizeOfImage))
    space.mapLarge(start, end - start, readWriteExecute)
  }
  // x86 without PAE has no NX, and its kernel keeps driver pages writable.
  const accessOf = (access: Access): Access => (space.mode.name === 'x86' ? readWriteExecute : access)
  for (const image of images.all) {
    const { base, name } = image.spec
    const large = scenario.images.large && (image === images.nt || image === hal)
    let resident = 0
    for (const [page, { kind, access }] of imagePages(image, large).entries()) {
      const va = base + page * 0x1000
      if (name === 'win32k.sys' && scenario.win32k === 'other-session') continue
      if (large) {
        resident += 0x1000
        continue
      }
      if (kind === 'discarded') continue
      const draw = kind === 'pageable' ? random.u32() / 0x100000000 : 1
      if (draw < outShare) {
        space.pagedOut(va, pageFileOffset())
        continue
      }
      if (draw < outShare + transitionShare) space.transition(va)
      else space.map(va, accessOf(access))
      resident += 0x1000
    }
    residency.set(image, resident)
  }
  return residency
}

/** Binds every image and writes its bytes to the pages it has. */
export const fillImages = (images: Images, space: AddressSpace): void => {
  for (const image of images.all) {
    finishImage(image, (from, name) => resolveExport(images, from, name))
    for (let at = 0; at < image.sizeOfImage; at += 0x1000) {
      const va = image.spec.base + at
      if (space.frame(va / 0x1000) !== undefined) space.write(va, image.bytes.subarray(at, at + 0x1000))
    }
  }
}
