/**
 * A second opinion on forged dumps: a reader written straight from the reference, with nothing of the engine's and nothing of
 * the forge's. Slow and plain. Addresses are bigints.
 */
export type Reader = {
  readonly file: Buffer
  readonly bits: 32 | 64
  readonly pointerBytes: 4 | 8
  readonly runs: readonly { readonly base: number; readonly pages: number; readonly offset: number }[]
  readonly root: bigint
  /** A physical page's bytes; null when the file has none. */
  physical(pfn: number): Buffer | null
  /** What a page of virtual memory is: its bytes, or why there are none. */
  page(address: bigint): Buffer | Absence
  /** Bytes that must be there; throws when one is not. */
  read(address: bigint, length: number): Buffer
  u16(address: bigint): number
  u32(address: bigint): number
  pointer(address: bigint): bigint
}

export type Absence = 'not-mapped' | 'paged-out' | 'demand-zero' | 'prototype' | 'table-absent' | 'not-in-dump'

const wide = { entryBytes: 8, bits: [9, 9, 9, 9], rootMask: 0xffffffffff000n, pfnMask: 0xffffffffff000n } as const

/** Reference 5.2–5.5: bits of the index at each level from the root, and where the lowest level begins. */
const modes = {
  x86: { entryBytes: 4, bits: [10, 10], rootMask: 0xfffff000n, pfnMask: 0xfffff000n },
  'x86-pae': { entryBytes: 8, bits: [2, 9, 9], rootMask: 0xffffffe0n, pfnMask: 0x3ffffff000n },
  x64: wide,
  'x64-la57': { ...wide, bits: [9, 9, 9, 9, 9] },
  arm64: { ...wide, pfnMask: 0xfffffffff000n },
} as const

export type Mode = keyof typeof modes

/** The bit that the memory manager sets in x64 entries that are not valid, from 17763 on (reference 5.8, swizzle). */
const maskBit = 1n << 45n

/** Reference 5.8: what an entry without its valid bit says. Returns a transition page's frame, or the reason for nothing. */
const softwareEntry = (entry: bigint, entryBytes: number, pfnMask: bigint, masks: boolean): bigint | Absence => {
  const bit = (n: bigint): boolean => ((entry >> n) & 1n) === 1n
  const plain = masks && !bit(4n) ? entry & ~maskBit : entry
  if (bit(10n)) return 'prototype'
  if (bit(11n)) return (plain & pfnMask) >> 12n
  const pageFile = entryBytes === 4 ? plain >> 12n : plain >> 32n
  if (pageFile !== 0n) return 'paged-out'
  return entry === 0n ? 'not-mapped' : 'demand-zero'
}

type Run = { base: number; pages: number; offset: number }

/** Runs of set bits of a bitmap, the pages packed from `first` on (reference 2.2). */
const bitmapRuns = (file: Buffer, bitmap: number, bits: number, first: number): Run[] => {
  const runs: Run[] = []
  let stored = 0
  for (let pfn = 0; pfn < bits; pfn++) {
    if ((file[bitmap + (pfn >> 3)] & (1 << (pfn & 7))) === 0) continue
    const last = runs.at(-1)
    if (last !== undefined && last.base + last.pages === pfn) last.pages++
    else runs.push({ base: pfn, pages: 1, offset: first + stored * 0x1000 })
    stored++
  }
  return runs
}

/** Where the pages are (reference 2). `build` tells the old summary from the bitmap. */
const runsOf = (file: Buffer, bits: 32 | 64, build: number): Run[] => {
  const start = bits === 64 ? 0x2000 : 0x1000
  const u64 = (at: number): number => Number(file.readBigUInt64LE(at))
  if (/^[SF]DMPDUMP/.test(file.toString('latin1', start, start + 8)))
    return build < 9200
      ? bitmapRuns(
          file,
          start + (bits === 32 ? 0x20 : 0x28),
          file.readUInt32LE(start + 0x10),
          file.readUInt32LE(start + 0xc),
        )
      : bitmapRuns(file, start + 0x38, u64(start + 0x30), u64(start + 0x20))
  const runs: Run[] = []
  const add = (base: number, pages: number, first: number): void => {
    const last = runs.at(-1)
    runs.push({ base, pages, offset: last === undefined ? first : last.offset + last.pages * 0x1000 })
  }
  if (file.toString('latin1', start + 4, start + 12) === 'RDMPDUMP') {
    const complete = file.readUInt32LE(0xf98) === 0xa
    const total = complete ? u64(start + 0x28) : Number.POSITIVE_INFINITY
    for (let at = start + 0x30, pages = 0; pages < total && (complete || u64(at) !== 0); at += 16) {
      add(u64(at), u64(at + 8), u64(start + 0x18))
      pages += u64(at + 8)
    }
    return runs
  }
  const count = file.readUInt32LE(bits === 64 ? 0x88 : 0x64)
  for (let index = 0; index < count; index++)
    if (bits === 64) add(u64(0x98 + index * 16), u64(0xa0 + index * 16), start)
    else add(file.readUInt32LE(0x6c + index * 8), file.readUInt32LE(0x70 + index * 8), start)
  return runs
}

/** `named` where the header does not tell how the tables are laid out: five levels look like four to it. */
export const openDump = (file: Buffer, named?: Mode): Reader => {
  const bits = file.toString('latin1', 4, 8) === 'DU64' ? 64 : 32
  const pointerBytes = bits === 64 ? 8 : 4
  const name = named ?? (bits === 64 ? 'x64' : file[0x5c] === 1 ? 'x86-pae' : 'x86')
  const mode = modes[name]
  const build = file.readUInt32LE(0xc)
  const masks = build >= 17763 && (name === 'x64' || name === 'x64-la57')
  const runs = runsOf(file, bits, build)
  const physical = (pfn: number): Buffer | null => {
    const run = runs.find(({ base, pages }) => pfn >= base && pfn < base + pages)
    if (run === undefined) return null
    const at = run.offset + (pfn - run.base) * 0x1000
    return file.subarray(at, at + 0x1000)
  }
  const root = bits === 64 ? file.readBigUInt64LE(0x10) : BigInt(file.readUInt32LE(0x10))
  const isLarge = (entry: bigint): boolean => (name === 'arm64' ? (entry & 2n) === 0n : (entry & 0x80n) !== 0n)

  const page = (address: bigint): Buffer | Absence => {
    let table = root & mode.rootMask
    let below = mode.bits.reduce((sum: number, width) => sum + width, 12)
    for (const [level, width] of mode.bits.entries()) {
      below -= width
      const index = (address >> BigInt(below)) & ((1n << BigInt(width)) - 1n)
      const at = table + index * BigInt(mode.entryBytes)
      const frame = physical(Number(at >> 12n))
      if (frame === null) return 'table-absent'
      const inPage = Number(at & 0xfffn)
      const entry = mode.entryBytes === 4 ? BigInt(frame.readUInt32LE(inPage)) : frame.readBigUInt64LE(inPage)
      const lowest = level === mode.bits.length - 1
      if ((entry & 1n) === 0n) {
        const found = softwareEntry(entry, mode.entryBytes, mode.pfnMask, masks)
        if (typeof found === 'string') return lowest || found === 'not-mapped' ? found : 'table-absent'
        if (lowest) return physical(Number(found)) ?? 'not-in-dump'
        table = found << 12n
        continue
      }
      if (!lowest && isLarge(entry)) {
        const inLarge = (address >> 12n) & ((1n << BigInt(below - 12)) - 1n)
        const base = ((entry & mode.pfnMask) >> BigInt(below)) << BigInt(below - 12)
        return physical(Number(base + inLarge)) ?? 'not-in-dump'
      }
      table = entry & mode.pfnMask
    }
    return physical(Number(table >> 12n)) ?? 'not-in-dump'
  }

  const read = (address: bigint, length: number): Buffer => {
    const pieces: Buffer[] = []
    for (let done = 0; done < length; ) {
      const at = address + BigInt(done)
      const found = page(at)
      if (typeof found === 'string') throw new Error(`0x${at.toString(16)} is ${found}`)
      const from = Number(at & 0xfffn)
      const taken = Math.min(0x1000 - from, length - done)
      pieces.push(found.subarray(from, from + taken))
      done += taken
    }
    return Buffer.concat(pieces)
  }
  return {
    file,
    bits,
    pointerBytes,
    runs,
    root,
    physical,
    page,
    read,
    u16: (address) => read(address, 2).readUInt16LE(0),
    u32: (address) => read(address, 4).readUInt32LE(0),
    pointer: (address) =>
      pointerBytes === 8 ? read(address, 8).readBigUInt64LE(0) : BigInt(read(address, 4).readUInt32LE(0)),
  }
}

/** The loaded modules in list order (reference 6.1). */
export const modulesOf = (dump: Reader) => {
  const wide = dump.bits === 64
  const ten = dump.file.readUInt32LE(0xc) >= 10240
  const timestamp = ten ? (wide ? 0x9cn : 0x58n) : wide ? 0x80n : 0x44n
  const head = wide ? dump.file.readBigUInt64LE(0x20) : BigInt(dump.file.readUInt32LE(0x18))
  const modules: { name: string; base: bigint; size: number; checksum: number; timestamp: number }[] = []
  for (let entry = dump.pointer(head); entry !== head && modules.length < 4096; entry = dump.pointer(entry)) {
    const name = entry + (wide ? 0x58n : 0x2cn)
    const text = dump.read(dump.pointer(name + BigInt(dump.pointerBytes)), dump.u16(name))
    modules.push({
      name: text.toString('utf16le'),
      base: dump.pointer(entry + (wide ? 0x30n : 0x18n)),
      size: dump.u32(entry + (wide ? 0x40n : 0x20n)),
      checksum: dump.u32(entry + (wide ? 0x78n : 0x40n)),
      timestamp: dump.u32(entry + timestamp),
    })
  }
  return modules
}

/** A directory of an image in memory (reference 7.1). */
export const directoryOf = (dump: Reader, base: bigint, index: number): { rva: number; size: number } => {
  const optional = base + BigInt(dump.u32(base + 0x3cn)) + 0x18n
  const at = optional + (dump.bits === 64 ? 0x70n : 0x60n) + BigInt(index * 8)
  return { rva: dump.u32(at), size: dump.u32(at + 4n) }
}

/** Exports by name (reference 7.2). */
export const exportsOf = (dump: Reader, base: bigint): Map<string, bigint> => {
  const at = base + BigInt(directoryOf(dump, base, 0).rva)
  const names = dump.u32(at + 0x18n)
  const table = (offset: bigint): bigint => base + BigInt(dump.u32(at + offset))
  const [functions, nameRvas, ordinals] = [table(0x1cn), table(0x20n), table(0x24n)]
  const exports = new Map<string, bigint>()
  for (let index = 0; index < names; index++) {
    const name = cString(dump, base + BigInt(dump.u32(nameRvas + BigInt(index * 4))))
    const ordinal = dump.u16(ordinals + BigInt(index * 2))
    exports.set(name, base + BigInt(dump.u32(functions + BigInt(ordinal * 4))))
  }
  return exports
}

const cString = (dump: Reader, address: bigint): string => {
  let text = ''
  for (let at = address; ; at++) {
    const byte = dump.read(at, 1)[0]
    if (byte === 0) return text
    text += String.fromCharCode(byte)
  }
}

/** A KDBG slot: masked to the machine's width (reference 4.1). */
export const kdbgSlot = (dump: Reader, offset: number): bigint => {
  const at = dump.bits === 64 ? dump.file.readBigUInt64LE(0x80) : BigInt(dump.file.readUInt32LE(0x60))
  return dump.pointer(at + BigInt(offset))
}
