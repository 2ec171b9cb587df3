/**
 * Small full dumps made by hand: physical pages, page tables, a header. Written from the format's description and
 * independent of the engine, so that the two can disagree. The forge makes whole machines; this makes single facts.
 */
export type Mode = 'x86' | 'x86-pae' | 'x64' | 'x64-la57' | 'arm64'

export type HandMadeDump = {
  readonly mode: Mode
  readonly pointerBytes: 4 | 8
  /** A fresh physical page. */
  page(): number
  /** Maps the page at a virtual address, by default a fresh one; returns its PFN. */
  map(address: bigint, pfn?: number): number
  /** Writes a page table entry as it is: for entries that are not valid. */
  entry(address: bigint, value: bigint): void
  /** A large page of its own; returns the first PFN. `pdeBits` are added to the entry. */
  mapLarge(address: bigint, pfn: number, pdeBits?: bigint): void
  /** Writes bytes at a virtual address, mapping pages that are not. */
  write(address: bigint, bytes: Uint8Array): void
  u16(address: bigint, value: number): void
  u32(address: bigint, value: number): void
  u64(address: bigint, value: bigint): void
  pointer(address: bigint, value: bigint): void
  text(address: bigint, value: string): void
  /** A UNICODE_STRING at `address` with its text at `buffer`. */
  unicode(address: bigint, value: string, buffer: bigint): void
  physical(pfn: number): Uint8Array
  readonly directoryTableBase: bigint
  /** The file: header, then the pages from PFN 1 on. */
  build(header?: HeaderFields): Uint8Array
}

export type HeaderFields = {
  readonly build?: number
  readonly directoryTableBase?: bigint
  readonly psLoadedModuleList?: bigint
  readonly psActiveProcessHead?: bigint
  readonly processors?: number
  readonly kdDebuggerDataBlock?: bigint
  readonly paeEnabled?: number
  readonly dumpType?: number
  readonly attributes?: number
  readonly machine?: number
  /** Runs to write instead of the true ones, as [base, count]. */
  readonly runs?: readonly (readonly [number, number])[]
  readonly runCount?: number
}

const pageBytes = 4096
const filler = 0x45474150
const shape = {
  x86: { pointerBytes: 4, entryBytes: 4, bits: [10, 10] },
  'x86-pae': { pointerBytes: 4, entryBytes: 8, bits: [2, 9, 9] },
  x64: { pointerBytes: 8, entryBytes: 8, bits: [9, 9, 9, 9] },
  'x64-la57': { pointerBytes: 8, entryBytes: 8, bits: [9, 9, 9, 9, 9] },
  arm64: { pointerBytes: 8, entryBytes: 8, bits: [9, 9, 9, 9] },
} as const

export const handMadeDump = (mode: Mode): HandMadeDump => {
  const { pointerBytes, entryBytes, bits } = shape[mode]
  const pages: Uint8Array[] = []
  const firstPfn = 1
  const page = (): number => {
    pages.push(new Uint8Array(pageBytes))
    return firstPfn + pages.length - 1
  }
  const physical = (pfn: number): Uint8Array => pages[pfn - firstPfn]
  const viewOfPage = (pfn: number): DataView => new DataView(physical(pfn).buffer)
  const root = page()
  // PAE's root is 32 bytes anywhere in a page: not at its start, so that a reader that rounds fails.
  const rootOffset = mode === 'x86-pae' ? 0x4a0 : 0
  const getEntry = (pfn: number, at: number): bigint =>
    entryBytes === 4 ? BigInt(viewOfPage(pfn).getUint32(at, true)) : viewOfPage(pfn).getBigUint64(at, true)
  const setEntry = (pfn: number, at: number, value: bigint): void => {
    if (entryBytes === 4) viewOfPage(pfn).setUint32(at, Number(value), true)
    else viewOfPage(pfn).setBigUint64(at, value, true)
  }
  /** Table and offset of the entry for an address at a level from the leaf (0), making tables on the way. */
  const entryAt = (address: bigint, fromLeaf: number): { pfn: number; at: number } => {
    let pfn = root
    let base = rootOffset
    let shift = 12n + BigInt(bits.reduce<number>((sum, width) => sum + width, 0))
    for (let level = 0; ; level++) {
      shift -= BigInt(bits[level])
      const index = Number((address >> shift) & ((1n << BigInt(bits[level])) - 1n))
      const at = base + index * entryBytes
      if (level === bits.length - 1 - fromLeaf) return { pfn, at }
      let entry = getEntry(pfn, at)
      if (entry === 0n) {
        // On ARM64 bit 1 says that it is a table.
        entry = (BigInt(page()) << 12n) | (mode === 'arm64' ? 3n : 1n)
        setEntry(pfn, at, entry)
      }
      pfn = Number((entry >> 12n) & 0xfffffn)
      base = 0
    }
  }
  const map = (address: bigint, pfn = page()): number => {
    const { pfn: table, at } = entryAt(address, 0)
    setEntry(table, at, (BigInt(pfn) << 12n) | 0x63n)
    return pfn
  }
  const write = (address: bigint, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      const at = address + BigInt(done)
      const { pfn: table, at: offset } = entryAt(at, 0)
      const entry = getEntry(table, offset)
      const pfn = entry & 1n ? Number((entry >> 12n) & 0xfffffn) : map(at)
      const intoPage = Number(at & 0xfffn)
      const part = bytes.subarray(done, done + pageBytes - intoPage)
      physical(pfn).set(part, intoPage)
      done += part.length
    }
  }
  const number = (address: bigint, length: number, value: bigint): void =>
    write(
      address,
      Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn)),
    )
  const utf16 = (value: string): Uint8Array =>
    Uint8Array.from(
      { length: value.length * 2 },
      (_, index) => (value.charCodeAt(index >> 1) >> (8 * (index & 1))) & 0xff,
    )
  const directoryTableBase = BigInt(root * pageBytes + rootOffset)

  return {
    mode,
    pointerBytes,
    page,
    map,
    entry: (address, value) => {
      const { pfn, at } = entryAt(address, 0)
      setEntry(pfn, at, value)
    },
    mapLarge: (address, pfn, pdeBits = 0n) => {
      const { pfn: table, at } = entryAt(address, 1)
      setEntry(table, at, (BigInt(pfn) << 12n) | 0xe3n | pdeBits)
    },
    write,
    u16: (address, value) => number(address, 2, BigInt(value)),
    u32: (address, value) => number(address, 4, BigInt(value)),
    u64: (address, value) => number(address, 8, value),
    pointer: (address, value) => number(address, pointerBytes, value),
    text: (address, value) =>
      write(
        address,
        Uint8Array.from([...value, '\0'], (character) => character.charCodeAt(0)),
      ),
    unicode: (address, value, buffer) => {
      number(address, 2, BigInt(value.length * 2))
      number(address + 2n, 2, BigInt(value.length * 2 + 2))
      number(address + BigInt(pointerBytes), pointerBytes, buffer)
      write(buffer, utf16(value))
    },
    physical,
    directoryTableBase,
    build: (fields = {}) => {
      const header =
        pointerBytes === 4 ? header32(mode, directoryTableBase, fields) : header64(mode, directoryTableBase, fields)
      const runs = fields.runs ?? [[firstPfn, pages.length]]
      writeRuns(header, pointerBytes, runs, fields.runCount ?? runs.length)
      const file = new Uint8Array(header.byteLength + pages.length * pageBytes)
      file.set(new Uint8Array(header.buffer))
      for (const [index, bytes] of pages.entries()) file.set(bytes, header.byteLength + index * pageBytes)
      return file
    },
  }
}

const filled = (bytes: number): DataView => {
  const view = new DataView(new ArrayBuffer(bytes))
  for (let at = 0; at < bytes; at += 4) view.setUint32(at, filler, true)
  return view
}

const header32 = (mode: Mode, directoryTableBase: bigint, fields: HeaderFields): DataView => {
  const view = filled(0x1000)
  const u32 = (at: number, value: number | bigint | undefined): void => {
    if (value !== undefined) view.setUint32(at, Number(value), true)
  }
  u32(4, 0x504d5544)
  u32(8, 0xf)
  u32(0xc, fields.build ?? 3790)
  u32(0x10, fields.directoryTableBase ?? directoryTableBase)
  u32(0x14, 0)
  u32(0x18, fields.psLoadedModuleList ?? 0)
  u32(0x1c, fields.psActiveProcessHead ?? 0)
  u32(0x20, fields.machine ?? 0x14c)
  u32(0x24, fields.processors ?? 4)
  u32(0x28, 0xd1)
  for (let index = 0; index < 4; index++) u32(0x2c + 4 * index, index)
  const pae = fields.paeEnabled ?? (mode === 'x86-pae' ? 1 : 0)
  view.setUint8(0x5c, pae)
  u32(0x60, fields.kdDebuggerDataBlock)
  u32(0x8a0, fields.attributes)
  u32(0xf88, fields.dumpType ?? 1)
  view.setBigUint64(0xfb8, 864_000_000_000n, true)
  view.setBigUint64(0xfc0, 128_510_010_000_000_000n, true)
  return view
}

const header64 = (mode: Mode, directoryTableBase: bigint, fields: HeaderFields): DataView => {
  const view = filled(0x2000)
  const u32 = (at: number, value: number | undefined): void => {
    if (value !== undefined) view.setUint32(at, value, true)
  }
  u32(4, 0x34365544)
  u32(8, 0xf)
  u32(0xc, fields.build ?? 7601)
  // A PCID in the low bits, as Windows writes it.
  view.setBigUint64(0x10, fields.directoryTableBase ?? directoryTableBase | 2n, true)
  view.setBigUint64(0x18, 0n, true)
  view.setBigUint64(0x20, fields.psLoadedModuleList ?? 0n, true)
  view.setBigUint64(0x28, fields.psActiveProcessHead ?? 0n, true)
  u32(0x30, fields.machine ?? (mode === 'arm64' ? 0xaa64 : 0x8664))
  u32(0x34, fields.processors ?? 8)
  u32(0x38, 0x1000007e)
  for (let index = 0; index < 4; index++) view.setBigUint64(0x40 + 8 * index, BigInt(index), true)
  if (fields.kdDebuggerDataBlock !== undefined) view.setBigUint64(0x80, fields.kdDebuggerDataBlock, true)
  u32(0x1050, fields.attributes)
  u32(0xf98, fields.dumpType ?? 1)
  view.setBigUint64(0xfa8, 128_510_010_000_000_000n, true)
  view.setBigUint64(0x1030, 864_000_000_000n, true)
  return view
}

const writeRuns = (
  view: DataView,
  pointerBytes: 4 | 8,
  runs: readonly (readonly [number, number])[],
  count: number,
): void => {
  const at = pointerBytes === 4 ? 0x64 : 0x88
  const word = (offset: number, value: number): void => {
    if (pointerBytes === 4) view.setUint32(offset, value, true)
    else view.setBigUint64(offset, BigInt(value), true)
  }
  view.setUint32(at, count, true)
  word(
    at + pointerBytes,
    runs.reduce((sum, [, pages]) => sum + pages, 0),
  )
  for (const [index, [base, pages]] of runs.entries()) {
    word(at + 2 * pointerBytes * (index + 1), base)
    word(at + 2 * pointerBytes * (index + 1) + pointerBytes, pages)
  }
}
