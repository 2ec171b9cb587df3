import { viewOf } from '../../bytes/view.ts'
import { readWhole } from '../../memory/ranges.ts'
import type { VirtualMemory } from '../../memory/virtual-memory.ts'

/** How a POOL_DESCRIPTOR counts the pages in use: two counters to add, in newer builds each less what was given back. */
type Layout = {
  readonly fromBuild: number
  readonly beforeBuild: number
  readonly pointerBytes: readonly (4 | 8)[]
  readonly total: number
  readonly big: number
  /** Offsets of the counters of pages given back. */
  readonly less?: { readonly total: number; readonly big: number }
  readonly counterBytes: 4 | 8
}

/** Change with every change of a row: analyses record it. */
export const poolDescriptorsVersion = '1'

/** Reference 8.8. The x86 layout from 14393 on is not confirmed and so not used; from 19041 there is none. */
const layouts: readonly Layout[] = [
  { fromBuild: 0, beforeBuild: 7600, pointerBytes: [4, 8], total: 0x10, big: 0x14, counterBytes: 4 },
  { fromBuild: 7600, beforeBuild: 14393, pointerBytes: [4, 8], total: 0xc0, big: 0x48, counterBytes: 4 },
  {
    fromBuild: 14393,
    beforeBuild: 19041,
    pointerBytes: [8],
    total: 0x48,
    big: 0x50,
    less: { total: 0x88, big: 0x90 },
    counterBytes: 8,
  },
]

/** The POOL_TYPE at the start: bit 0 tells paged from non-paged, and no base type is above 0x2ff. */
const maxPoolType = 0x2ff

const poolDescriptorLayout = (build: number, pointerBytes: 4 | 8): Layout | null =>
  layouts.find(
    (layout) => build >= layout.fromBuild && build < layout.beforeBuild && layout.pointerBytes.includes(pointerBytes),
  ) ?? null

export type DescriptorPages =
  | { readonly pages: number; readonly reason: null }
  | { readonly pages: null; readonly reason: string }

/** Pages in use by the pool of the descriptor at `address`, or the reason why that cannot be told. */
export const readDescriptorPages = async (
  memory: VirtualMemory,
  build: number,
  address: bigint,
  kind: 'nonpaged' | 'paged',
): Promise<DescriptorPages> => {
  const unknown = (reason: string): DescriptorPages => ({ pages: null, reason })
  const layout = poolDescriptorLayout(build, memory.pointerBytes)
  if (layout === null) return unknown(`the layout of a pool descriptor is not known for build ${build}`)
  const where = `0x${address.toString(16)}`
  const end = Math.max(layout.total, layout.big, layout.less?.total ?? 0, layout.less?.big ?? 0) + layout.counterBytes
  const bytes = await readWhole(memory, address, end)
  if (bytes === null) return unknown(`the pool descriptor at ${where} is not in the dump`)
  const view = viewOf(bytes)
  const poolType = view.getUint32(0, true)
  if (poolType > maxPoolType || (poolType & 1) !== (kind === 'paged' ? 1 : 0))
    return unknown(`what lies at ${where} is not a descriptor of ${kind} pool (its pool type reads ${poolType})`)
  const counter = (offset: number): number =>
    layout.counterBytes === 4 ? view.getInt32(offset, true) : Number(view.getBigInt64(offset, true))
  const pages =
    counter(layout.total) +
    counter(layout.big) -
    (layout.less ? counter(layout.less.total) + counter(layout.less.big) : 0)
  return Number.isSafeInteger(pages) && pages >= 0
    ? { pages, reason: null }
    : unknown(`the counters of the pool descriptor at ${where} add up to ${pages} pages, which cannot be`)
}
