import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { type AddressRange, byBase } from '../memory/address-ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Span } from '../memory/walk.ts'
import { isKernelAddress } from './kernel-address.ts'

/** Mapped pages next to each other that belong to no listed module. `present` are those in the dump, counted from `base`. */
export type Region = { readonly base: bigint; readonly pages: number; readonly present: readonly number[] }

export type Surroundings = {
  readonly regions: readonly Region[]
  /** Pages of address space whose mapping was looked at, and those that were not for their number. */
  readonly pages: number
  readonly skippedPages: number
}

/**
 * How far before the first and behind the last of some drivers others are looked for: 16 MiB on 32-bit Windows, where
 * little says what is executable and the pools are near, 128 MiB on 64-bit, where only executable pages have to be read.
 */
const marginPages = { 4: 4096, 8: 32_768 } as const
/** Larger than any driver: a list that says more must not take up all there is to look at. */
const maxDriverBytes = 2 ** 28
/** Page tables for so much address space are read at most: 4 GiB, more than drivers take up anywhere. */
const maxPages = 2 ** 20

/**
 * The mapped pages around the listed modules that none of them accounts for, out of the page tables alone. On x64 and
 * PAE what has no executable page is left out: stacks, pool and data of newer Windows, but no driver. Where drivers were
 * that are `unloaded` others may be.
 */
export const surroundingsOf = async (
  memory: VirtualMemory,
  physical: PhysicalMemory,
  modules: readonly AddressRange[],
  unloaded: readonly AddressRange[] = [],
): Promise<Surroundings | null> => {
  if (memory.spans === undefined) return null
  const regions: Region[] = []
  let pages = 0
  let skippedPages = 0
  for (const window of windowsAround([...modules, ...unloaded], memory.pointerBytes)) {
    const size = Math.min(window.pages, maxPages - pages)
    skippedPages += window.pages - size
    if (size === 0) continue
    pages += size
    const states = pageStates(await memory.spans(window.base, size), size, physical)
    for (const region of regionsIn(window.base, states, modules)) regions.push(region)
  }
  return { regions, pages, skippedPages }
}

/** Ranges of pages that hold the modules and their margins, ascending, never overlapping. Pure. */
const windowsAround = (modules: readonly AddressRange[], pointerBytes: 4 | 8): { base: bigint; pages: number }[] => {
  const margin = BigInt(marginPages[pointerBytes] * pageBytes)
  const top = pointerBytes === 4 ? 1n << 32n : 1n << 64n
  const windows: { base: bigint; end: bigint }[] = []
  const sorted = modules.filter(({ base }) => isKernelAddress(base, pointerBytes)).sort(byBase)
  const lowest = lowestKernelAddress(sorted[0]?.base ?? 0n, pointerBytes)
  for (const module of sorted) {
    const base = max(lowest, (module.base & ~0xfffn) - margin)
    const end = min(top, ((module.base + BigInt(Math.min(module.size, maxDriverBytes)) + 0xfffn) & ~0xfffn) + margin)
    const last = windows.at(-1)
    if (last !== undefined && base <= last.end) last.end = max(last.end, end)
    else windows.push({ base, end })
  }
  return windows.map(({ base, end }) => ({ base, pages: Number((end - base) / BigInt(pageBytes)) }))
}

/** With /3GB the kernel of x86 has the top gigabyte alone, and what lies below is a process's. */
const lowestKernelAddress = (lowestModule: bigint, pointerBytes: 4 | 8): bigint =>
  pointerBytes === 8 ? 0xff00_0000_0000_0000n : lowestModule >= 0xc000_0000n ? 0xc000_0000n : 0x8000_0000n

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** What a page is: `absent` when it is mapped and not in the dump, `code` when it is there and may be executed. */
export const pageState = { nothing: 0, absent: 1, data: 2, code: 3 } as const
const { nothing, absent, data, code } = pageState

/** A state for each page. Those that are not in the dump hold their place: what they belong to begins and ends with them. */
export const pageStates = (spans: readonly Span[], pages: number, physical: PhysicalMemory): Uint8Array => {
  const states = new Uint8Array(pages)
  for (const span of spans) {
    const end = span.first + span.pages
    if (!('pfn' in span)) {
      const mapped = span.reason !== 'not-mapped' && span.reason !== 'table-absent'
      states.fill(mapped ? absent : nothing, span.first, end)
      continue
    }
    for (let page = span.first; page < end; page++) {
      const there = typeof physical.locate(span.pfn + page - span.first) === 'number'
      states[page] = there ? (span.executable ? code : data) : absent
    }
  }
  return states
}

const regionsIn = (base: bigint, states: Uint8Array, modules: readonly AddressRange[]): Region[] => {
  const pages = states.length
  for (const module of modules) {
    const first = Number((module.base - base) >> 12n)
    const end = Number((module.base + BigInt(module.size) - base + 0xfffn) >> 12n)
    if (end > 0 && first < pages) states.fill(nothing, Math.max(0, first), Math.min(pages, end))
  }
  const regions: Region[] = []
  for (let start = 0; start < pages; ) {
    if (states[start] === nothing) {
      start++
      continue
    }
    let end = start
    while (end < pages && states[end] !== nothing) end++
    const part = states.subarray(start, end)
    // Of what is wholly absent it cannot be told; it counts among what was not looked at.
    if (part.includes(code) || !part.includes(data)) {
      const present: number[] = []
      for (const [page, state] of part.entries()) if (state >= data) present.push(page)
      regions.push({ base: base + BigInt(start * pageBytes), pages: end - start, present })
    }
    start = end
  }
  return regions
}
