import { roundUp, type Va, type Width, writePointer } from '../words.ts'
import { type Dump, withoutPages } from './dump.ts'
import { buildHeader, headerBytes, type MachineFacts } from './header.ts'

/** What a small dump tells of a machine (reference 3). */
export type TriageFacts = {
  readonly drivers: readonly {
    readonly path: string
    readonly base: Va
    readonly size: number
    readonly checksum: number
    readonly timestamp: number
  }[]
  readonly unloaded: readonly { readonly name: string; readonly start: Va; readonly end: Va }[]
  readonly kdbg: Buffer
  readonly processor: Buffer
  readonly stack: { readonly pointer: Va; readonly bytes: Buffer }
  readonly blocks: readonly { readonly va: Va; readonly bytes: Buffer }[]
}

/** Where the two layouts differ; offsets within the triage header, the entries of its lists, and the main header. */
const layouts = {
  4: {
    context: 0x320,
    exception: 0x7d0,
    topOfStack: 0x48,
    debuggerData: 0x58,
    dataBlocks: 0x60,
    // A KLDR copy of the time behind the name's offset.
    driver: { bytes: 0x54, base: 0x1c, size: 0x24, checksum: 0x44, timestamp: 0x48 },
    unloaded: { first: 4, bytes: 0x28, name: 8, start: 0x20, end: 0x24 },
  },
  8: {
    context: 0x348,
    exception: 0xf00,
    topOfStack: 0x48,
    debuggerData: 0x70,
    dataBlocks: 0x78,
    driver: { bytes: 0x90, base: 0x38, size: 0x48, checksum: 0x80, timestamp: 0x88 },
    unloaded: { first: 8, bytes: 0x38, name: 0x10, start: 0x28, end: 0x30 },
  },
} as const

const triageHeaderBytes = 0x80
const memorySummaryBytes = 0x50
/** All of an unloaded driver's name that is kept. */
const nameCharacters = 12

/** Lays parts one behind another in the file, from `start`. */
const createFile = (start: number) => {
  const parts: { at: number; bytes: Buffer }[] = []
  let end = start
  return {
    add: (bytes: Buffer): number => {
      const at = end
      parts.push({ at, bytes })
      end = roundUp(end + bytes.length, 8)
      return at
    },
    end: () => end,
    copyTo: (file: Buffer) => {
      for (const { at, bytes } of parts) bytes.copy(file, at)
    },
  }
}

/** Name offsets count from the start of the file; the pool of names follows the list. */
const driverList = (drivers: TriageFacts['drivers'], width: Width, at: number): { list: Buffer; strings: Buffer } => {
  const entry = layouts[width].driver
  const list = Buffer.alloc(drivers.length * entry.bytes)
  const strings: Buffer[] = []
  let next = at + list.length
  for (const [index, { path, base, size, checksum, timestamp }] of drivers.entries()) {
    const text = Buffer.alloc(roundUp(4 + path.length * 2 + 2, 8))
    text.writeUInt32LE(path.length, 0)
    text.write(path, 4, 'utf16le')
    strings.push(text)
    const row = index * entry.bytes
    list.writeUInt32LE(next, row)
    writePointer(list, row + entry.base, base, width)
    list.writeUInt32LE(size, row + entry.size)
    list.writeUInt32LE(checksum, row + entry.checksum)
    list.writeUInt32LE(timestamp, row + entry.timestamp)
    next += text.length
  }
  return { list, strings: Buffer.concat(strings) }
}

const unloadedList = (drivers: TriageFacts['unloaded'], width: Width): Buffer => {
  const entry = layouts[width].unloaded
  const bytes = Buffer.alloc(entry.first + drivers.length * entry.bytes)
  bytes.writeUInt32LE(drivers.length, 0)
  for (const [index, { name, start, end }] of drivers.entries()) {
    const at = entry.first + index * entry.bytes
    bytes.writeUInt16LE(name.length * 2, at)
    bytes.writeUInt16LE(name.length * 2 + 2, at + 2)
    bytes.write(name.slice(0, nameCharacters), at + entry.name, 'utf16le')
    writePointer(bytes, at + entry.start, start, width)
    writePointer(bytes, at + entry.end, end, width)
  }
  return bytes
}

/** What bug-check callbacks leave behind the triage data: a blob with a header of its own. */
const secondaryData = (): Buffer => {
  const bytes = Buffer.alloc(0x60)
  bytes.write('DumpBlob', 0, 'latin1')
  bytes.writeUInt32LE(0x10, 8)
  bytes.writeUInt32LE(0x20, 0x10)
  bytes.fill(0x5c, 0x18, 0x28)
  bytes.writeUInt32LE(0x20, 0x28)
  return bytes
}

/** A small dump: header, triage header, and what that points at. Its memory block is filler (reference 1.6). */
export const triageDump = (facts: MachineFacts, triage: TriageFacts): Dump => {
  const { width } = facts
  const layout = layouts[width]
  const start = headerBytes(width)
  const header = Buffer.alloc(triageHeaderBytes)
  const file = createFile(start + triageHeaderBytes)
  const u32 = (at: number, value: number): void => void header.writeUInt32LE(value, at)

  u32(0xc, layout.context)
  u32(0x10, layout.exception)
  u32(0x14, file.add(Buffer.alloc(memorySummaryBytes)))
  u32(0x18, file.add(unloadedList(triage.unloaded, width)))
  u32(0x1c, file.add(triage.processor))
  u32(0x28, file.add(triage.stack.bytes))
  u32(0x2c, triage.stack.bytes.length)
  const listAt = file.end()
  const { list, strings } = driverList(triage.drivers, width, listAt)
  u32(0x30, file.add(Buffer.concat([list, strings])))
  u32(0x34, triage.drivers.length)
  u32(0x38, listAt + list.length)
  u32(0x3c, strings.length)
  u32(0x44, 0xffffffff)
  writePointer(header, layout.topOfStack, triage.stack.pointer, width)
  u32(layout.debuggerData, file.add(triage.kdbg))
  u32(layout.debuggerData + 4, triage.kdbg.length)

  const table = Buffer.alloc(triage.blocks.length * 16)
  u32(layout.dataBlocks, file.add(table))
  u32(layout.dataBlocks + 4, triage.blocks.length)
  for (const [index, { va, bytes }] of triage.blocks.entries()) {
    writePointer(table, index * 16, va, width)
    table.writeUInt32LE(file.add(bytes), index * 16 + 8)
    table.writeUInt32LE(bytes.length, index * 16 + 12)
  }
  u32(8, file.add(Buffer.from('TRGD', 'latin1')))
  const end = file.end()
  u32(4, end)

  const secondary = secondaryData()
  const bytes = Buffer.alloc(end + secondary.length)
  // Larger than the file, as in the genuine ones (reference 1.6).
  const requiredDumpSpace = bytes.length + 0x37000
  buildHeader({ ...facts, runs: null, dumpType: 4, requiredDumpSpace, miniDumpFields: 0xcff }).copy(bytes)
  header.copy(bytes, start)
  file.copyTo(bytes)
  secondary.copy(bytes, end)
  return withoutPages('triage', bytes)
}
