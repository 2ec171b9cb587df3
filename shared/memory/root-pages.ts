import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { pageBytes } from '../dump/run-memory.ts'
import type { PagingMode } from './paging.ts'
import { storedPages } from './stored-pages.ts'

/** A page that looks like the root of page tables: it must still be seen whether it maps the kernel. */
export type RootCandidate = { readonly mode: PagingMode; readonly directoryTableBase: bigint }

/** A test of pages one after another; PAE remembers what belongs together. `words` are the page's 1,024 little-endian words. */
export type RootTest = (words: Uint32Array, pfn: number) => RootCandidate[]

const valid = 1
const large = 1 << 7
/**
 * The table itself and something else. A running system has at least six entries in the kernel's half (reference 5.7),
 * with five levels perhaps fewer; what a candidate maps decides, not their number.
 */
const leastKernelEntries = 2

const pfnOf = (low: number, high: number, bits: number): number =>
  (low >>> 12) + (bits > 32 ? (high & (2 ** (bits - 32) - 1)) >>> 0 : 0) * 2 ** 20

/** The tests for a machine's possible modes. */
export const rootTest = (modes: readonly PagingMode[]): RootTest => {
  const tests = modes.map(testOf)
  return (words, pfn) => (isUniform(words) ? [] : tests.flatMap((test) => test(words, pfn)))
}

const testOf = (mode: PagingMode): RootTest => {
  if (mode.entryBytes === 4) return selfMapX86(mode)
  if (mode.pointerBytes === 4) return pairedPae(mode)
  return selfMap64(mode)
}

/** A page that was filled with one value points at everything, itself included. */
const isUniform = (words: Uint32Array): boolean => {
  for (let index = 2; index < words.length; index++) if (words[index] !== words[index - 2]) return false
  return true
}

/** Entry 300 hex of the directory, which maps the page tables, is the directory (reference 5.2). */
const selfMapX86 =
  (mode: PagingMode): RootTest =>
  (words, pfn) =>
    (words[0x300] & (valid | large)) === valid && words[0x300] >>> 12 === pfn
      ? [{ mode, directoryTableBase: BigInt(pfn) << 12n }]
      : []

/**
 * One entry of the upper half is the table itself, and enough others are set (reference 5.5, 5.7). Four and five levels
 * look alike here; of ARM64's entry the attributes are tested too.
 */
const selfMap64 =
  (mode: PagingMode): RootTest =>
  (words, pfn) => {
    const arm64 = mode.entries === 'arm64'
    let self = false
    let present = 0
    for (let at = 512; at < 1024; at += 2) {
      const low = words[at]
      if ((low & valid) === 0) continue
      present++
      if (low >>> 12 !== pfn % 2 ** 20) continue
      const high = words[at + 1]
      const attributes = arm64 ? (low & 0x73) === 3 && (high & 0x630000) === 0x600000 : (low & large) === 0
      if (attributes && pfnOf(low, high, mode.physicalBits) === pfn) self = true
    }
    return self && present >= leastKernelEntries ? [{ mode, directoryTableBase: BigInt(pfn) << 12n }] : []
  }

/** More tables than this are not kept while their other half has not been seen. */
const maxUnpaired = 65_536

/**
 * PAE's root is 32 bytes anywhere in a page: four entries, bare but for the valid bit. It is known by the fourth page
 * directory, whose first four entries are the four directories (they map the page tables at C0000000), or by its
 * directories being the four pages after it, as System's are (reference 5.7).
 */
const pairedPae = (mode: PagingMode): RootTest => {
  /** By PFN of the fourth directory: roots seen, and directories whose own first entries agree. */
  const roots = new Map<number, { address: bigint; pfns: readonly number[] }[]>()
  const directories = new Map<number, readonly number[]>()
  let kept = 0
  const entries = (words: Uint32Array, at: number, allowed: number): number[] | null => {
    const pfns: number[] = []
    for (let index = 0; index < 4; index++) {
      const low = words[at + 2 * index]
      const high = words[at + 2 * index + 1]
      if ((low & valid) === 0 || (low & 0xfff & ~allowed) !== 0 || (high & 0x7fffffc0) !== 0) return null
      pfns.push(pfnOf(low, high, mode.physicalBits))
    }
    return new Set(pfns).size === 4 ? pfns : null
  }
  const agree = (one: readonly number[], other: readonly number[]): boolean =>
    one.every((pfn, index) => pfn === other[index])
  return (words, pfn) => {
    const found: RootCandidate[] = []
    const own = entries(words, 0, 0xf7f)
    if (own !== null && own[3] === pfn && kept < maxUnpaired) {
      kept++
      directories.set(pfn, own)
      for (const { address, pfns } of roots.get(pfn) ?? [])
        if (agree(pfns, own)) found.push({ mode, directoryTableBase: address })
    }
    // Bits 3 and 4 say how the table is cached, 9 to 11 are free; all others are reserved.
    for (let at = 0; at < 1024; at += 8) {
      const pfns = entries(words, at, 0xe19)
      if (pfns === null) continue
      const address = (BigInt(pfn) << 12n) + BigInt(at * 4)
      const directory = directories.get(pfns[3])
      const follows = pfns.every((entry, index) => entry === pfn + 1 + index)
      if (follows || (directory !== undefined && agree(pfns, directory)))
        found.push({ mode, directoryTableBase: address })
      else if (kept < maxUnpaired) {
        kept++
        const same = roots.get(pfns[3])
        if (same === undefined) roots.set(pfns[3], [{ address, pfns }])
        else same.push({ address, pfns })
      }
    }
    return found
  }
}

/**
 * Looks through the stored pages in file order for roots; the page that each was found in counts as scanned in
 * `progress.bytes`. Ends after `maxBytes`.
 */
export async function* scanForRoots(
  source: ByteSource,
  physical: PhysicalMemory,
  test: RootTest,
  maxBytes: number,
  progress: { bytes: number },
): AsyncGenerator<RootCandidate> {
  for (const { pfns, fileOffset } of storedPages(physical, Math.floor(maxBytes / pageBytes))) {
    const words = wordsOf(await source.read(fileOffset, pfns.length * pageBytes))
    for (const [index, pfn] of pfns.entries()) {
      progress.bytes += pageBytes
      yield* test(words.subarray(index * 1024, (index + 1) * 1024), pfn)
    }
  }
}

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const view = viewOf(bytes)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true))
}
