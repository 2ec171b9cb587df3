import type { Random } from '../random.ts'

/**
 * A tag whose figures the scenario fixes: so many allocations outstanding, of exactly so many bytes in all. `sizes` are
 * block sizes in bytes, header included, with their shares; `big` of the allocations are of whole pages.
 */
export type Quota = {
  readonly tag: string
  readonly outstanding: number
  readonly bytes: number
  readonly big: number
  readonly sizes: readonly { readonly bytes: number; readonly share: number }[]
}

/** The quota as single demands: block sizes in units in random order, and page counts. */
export type Demands = { readonly units: Uint16Array; readonly pages: Uint16Array }

/** Splits a quota into allocations that add up to it exactly. */
export const planQuota = (quota: Quota, unit: number, random: Random): Demands => {
  const count = quota.outstanding - quota.big
  const units = new Uint16Array(count)
  const sizes = quota.sizes.map(({ bytes }) => bytes / unit)
  for (let index = 0; index < count; index++) units[index] = pickShare(quota.sizes, random) / unit
  const perPage = 4096 / unit
  const sum = (): number => units.reduce((total, value) => total + value, 0)

  // Whole pages take what the blocks leave: at least one page each, when there are any.
  const total = quota.bytes / unit
  const smallest = Math.min(...sizes)
  const largest = Math.max(...sizes)
  let difference = total - sum()
  if (quota.big > 0) {
    const pages = Math.max(quota.big, Math.round(difference / perPage))
    difference -= pages * perPage
  }
  // Trade the commonest steps first, then single units.
  for (let guard = 0; difference !== 0; guard++) {
    if (guard > count * 64) throw new Error(`The sizes of ${quota.tag} cannot add up to ${quota.bytes} bytes.`)
    const index = random.below(count)
    const wanted =
      difference >= largest - units[index]
        ? largest
        : difference <= smallest - units[index]
          ? smallest
          : units[index] + difference
    difference -= wanted - units[index]
    units[index] = wanted
  }
  return { units, pages: splitPages(quota, total, sum(), perPage, random) }
}

const pickShare = (sizes: Quota['sizes'], random: Random): number => {
  let left = random.u32() / 0x100000000
  for (const { bytes, share } of sizes) {
    left -= share
    if (left < 0) return bytes
  }
  return sizes[0].bytes
}

const splitPages = (quota: Quota, total: number, small: number, perPage: number, random: Random): Uint16Array => {
  const pages = new Uint16Array(quota.big).fill(1)
  const left = (total - small) / perPage - quota.big
  if (left < 0 || !Number.isInteger(left)) throw new Error(`${quota.tag}: ${left} pages cannot be shared out.`)
  for (let done = 0; done < left; done++) pages[random.below(quota.big)]++
  return pages
}
