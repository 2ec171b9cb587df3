import type { ByteSource } from '../bytes/source.ts'
import { utf16, viewOf } from '../bytes/view.ts'
import { contextSizes, decodeContext } from './context.ts'
import { type DumpHeader, headerBytes } from './header.ts'
import { decodeTriageHeader, type TriageHeader } from './triage-header.ts'

/** A loaded driver of the triage dump's list, path and all as it was written there. */
export type TriageDriver = {
  readonly path: string | null
  readonly base: bigint
  readonly size: number
  readonly checksum: number
  readonly timestamp: number
}

/** Windows cut the name to 12 characters. */
export type TriageUnloaded = { readonly name: string; readonly start: bigint; readonly end: bigint }

/** A piece of virtual memory the dump holds; in a file that was cut off it may lie beyond its end. */
export type DataBlock = { readonly address: bigint; readonly fileOffset: number; readonly size: number }

/**
 * CONTEXT records: the one the header names, usually the fault's, and those among the data blocks, of which one may be
 * KeBugCheckEx's own (field lessons).
 */
export type TriageContext = { readonly origin: 'header' | 'data block'; readonly bytes: Uint8Array }

/** What a small dump holds instead of memory. Everything is bounded by the file; `notes` say what was left out and why. */
export type Triage = {
  readonly header: TriageHeader
  readonly drivers: readonly TriageDriver[]
  readonly unloaded: readonly TriageUnloaded[]
  readonly contexts: readonly TriageContext[]
  /** The copy of the debugger data block. */
  readonly debuggerData: Uint8Array | null
  readonly dataBlocks: readonly DataBlock[]
  readonly notes: readonly string[]
}

const maxDrivers = 4096
const maxUnloaded = 256
const maxDataBlocks = 65_536
const maxContexts = 64
const maxPathCharacters = 1024
const maxDebuggerDataBytes = 0x1000

/** KLDR fields within a driver entry; the 64-bit ones verified, the 32-bit ones not (reference 3.3). */
const driverEntry = {
  32: { base: 0x1c, size: 0x24, checksum: 0x44, timestamp: 0x48, leastBytes: 0x4c },
  64: { base: 0x38, size: 0x48, checksum: 0x80, timestamp: 0x88, leastBytes: 0x8c },
} as const
const driverEntryBytes64 = 0x90

/** The unloaded list: a count, then entries of a UNICODE_STRING, 12 characters and two addresses (reference 3.3). */
const unloadedEntry = {
  32: { first: 4, bytes: 0x28, name: 8, start: 0x20, end: 0x24 },
  64: { first: 8, bytes: 0x38, name: 0x10, start: 0x28, end: 0x30 },
} as const

/** The file as the readers below see it: never past its end, and with a place for what must be said. */
type TriageFile = {
  readonly bits: 32 | 64
  readonly header: TriageHeader
  readonly notes: string[]
  /** As much of the range as the file holds. */
  available(offset: number, length: number): Promise<Uint8Array>
  /** Positions of the entries of a table, as far as the bound and the file go; the rest is noted. */
  table(what: string, offset: number, count: number, entryBytes: number, bound: number): Promise<Row[]>
}
type Row = { readonly view: DataView; readonly at: number }

/** Reads the triage part of a small dump. Every offset in it counts from the start of the file (reference 3.1). */
export const readTriage = async (source: ByteSource, { bits }: DumpHeader): Promise<Triage> => {
  const header = decodeTriageHeader(await source.read(headerBytes(bits), 0x80), bits)
  const file = triageFile(source, header, bits)
  const drivers = await readDrivers(file)
  const unloaded = await readUnloaded(file)
  const dataBlocks = await readDataBlocks(file, source.size)
  const debuggerData =
    header.debuggerDataOffset === 0
      ? new Uint8Array()
      : await file.available(header.debuggerDataOffset, Math.min(header.debuggerDataSize, maxDebuggerDataBytes))
  return {
    header,
    drivers,
    unloaded,
    contexts: await readContexts(file, dataBlocks),
    debuggerData: debuggerData.length > 0 ? debuggerData : null,
    dataBlocks,
    notes: file.notes,
  }
}

const triageFile = (source: ByteSource, header: TriageHeader, bits: 32 | 64): TriageFile => {
  const notes: string[] = []
  const available = async (offset: number, length: number): Promise<Uint8Array> =>
    offset >= source.size ? new Uint8Array() : source.read(offset, Math.min(length, source.size - offset))
  return {
    bits,
    header,
    notes,
    available,
    table: async (what, offset, count, entryBytes, bound) => {
      if (offset === 0) return []
      const bytes = await available(offset, Math.min(count, bound) * entryBytes)
      const present = Math.floor(bytes.length / entryBytes)
      if (present < count) notes.push(`The dump claims ${count} ${what}; ${present} were read.`)
      const view = viewOf(bytes)
      return Array.from({ length: present }, (_, index) => ({ view, at: index * entryBytes }))
    },
  }
}

const pointerAt = ({ view, at }: Row, offset: number, bits: 32 | 64): bigint =>
  bits === 32 ? BigInt(view.getUint32(at + offset, true)) : view.getBigUint64(at + offset, true)

const readDrivers = async (file: TriageFile): Promise<TriageDriver[]> => {
  const { header, bits, notes } = file
  const entryBytes = driverEntryBytes(header, bits)
  if (entryBytes === null) {
    if (header.driverCount > 0)
      notes.push('The size of the entries of the driver list could not be told, so that the list was not read.')
    return []
  }
  const fields = driverEntry[bits]
  const drivers: TriageDriver[] = []
  for (const row of await file.table('drivers', header.driverListOffset, header.driverCount, entryBytes, maxDrivers)) {
    const u32 = (offset: number): number => row.view.getUint32(row.at + offset, true)
    drivers.push({
      path: await countedString(file, u32(0)),
      base: pointerAt(row, fields.base, bits),
      size: u32(fields.size),
      checksum: u32(fields.checksum),
      timestamp: u32(fields.timestamp),
    })
  }
  return drivers
}

/**
 * The size of an entry of the driver list: the string pool follows the list in the dumps seen, which tells it; the
 * 64-bit one is known besides.
 */
const driverEntryBytes = (header: TriageHeader, bits: 32 | 64): number | null => {
  const derived = (header.stringPoolOffset - header.driverListOffset) / header.driverCount
  const least = driverEntry[bits].leastBytes
  if (Number.isInteger(derived) && derived >= least && derived <= 0x200) return derived
  return bits === 64 ? driverEntryBytes64 : null
}

/** Length in characters, then UTF-16 (reference 3.3). */
const countedString = async (file: TriageFile, offset: number): Promise<string | null> => {
  if (offset === 0) return null
  const length = await file.available(offset, 4)
  if (length.length < 4) return null
  const characters = viewOf(length).getUint32(0, true)
  if (characters === 0 || characters > maxPathCharacters) return null
  const text = await file.available(offset + 4, characters * 2)
  return text.length < characters * 2 ? null : untilNul(utf16(text)) || null
}

const readUnloaded = async (file: TriageFile): Promise<TriageUnloaded[]> => {
  const { header, bits } = file
  const fields = unloadedEntry[bits]
  const list = header.unloadedDriversOffset
  const countBytes = list === 0 ? new Uint8Array() : await file.available(list, 4)
  if (countBytes.length < 4) return []
  const count = viewOf(countBytes).getUint32(0, true)
  const rows = await file.table('unloaded drivers', list + fields.first, count, fields.bytes, maxUnloaded)
  return rows.map((row) => {
    const { view, at } = row
    // The entry's UNICODE_STRING says how long the name was; at most 12 characters of it are there.
    const bytes = Math.min(view.getUint16(at, true), 24)
    return {
      name: untilNul(utf16(new Uint8Array(view.buffer, view.byteOffset + at + fields.name, bytes))),
      start: pointerAt(row, fields.start, bits),
      end: pointerAt(row, fields.end, bits),
    }
  })
}

const readDataBlocks = async (file: TriageFile, fileBytes: number): Promise<DataBlock[]> => {
  const { dataBlocksOffset, dataBlocksCount } = file.header
  const rows = await file.table('data blocks', dataBlocksOffset, dataBlocksCount, 16, maxDataBlocks)
  const blocks = rows.map(({ view, at }) => ({
    address: view.getBigUint64(at, true),
    fileOffset: view.getUint32(at + 8, true),
    size: view.getUint32(at + 12, true),
  }))
  const cut = blocks.filter(({ fileOffset, size }) => fileOffset + size > fileBytes)
  if (cut.length > 0)
    file.notes.push(`${cut.length} of ${blocks.length} data blocks lie wholly or in part beyond the end of the file.`)
  return blocks
}

const readContexts = async (file: TriageFile, dataBlocks: readonly DataBlock[]): Promise<TriageContext[]> => {
  const { contextOffset } = file.header
  const contexts: TriageContext[] = []
  const add = async (origin: TriageContext['origin'], offset: number, length: number): Promise<void> => {
    const bytes = await file.available(offset, length)
    if (decodeContext(bytes) !== null) contexts.push({ origin, bytes })
  }
  if (contextOffset !== 0) await add('header', contextOffset, Math.max(...contextSizes))
  const likely = dataBlocks.filter(({ size }) => contextSizes.includes(size)).slice(0, maxContexts)
  for (const { fileOffset, size } of likely) await add('data block', fileOffset, size)
  return contexts
}

const untilNul = (text: string): string => text.replace(/\0.*$/s, '')
