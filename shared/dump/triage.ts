import type { ByteSource } from '../bytes/source.ts'
import { utf16, viewOf } from '../bytes/view.ts'
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

/** A piece of virtual memory the dump holds. */
export type DataBlock = { readonly address: bigint; readonly fileOffset: number; readonly size: number }

/** What a small dump holds instead of memory. Everything is bounded by the file; `notes` say what was left out and why. */
export type Triage = {
  readonly header: TriageHeader
  readonly drivers: readonly TriageDriver[]
  readonly unloaded: readonly TriageUnloaded[]
  /** The CONTEXT record the header points to: usually the fault's, see field lessons. */
  readonly context: Uint8Array | null
  /** The copy of the debugger data block. */
  readonly debuggerData: Uint8Array | null
  readonly dataBlocks: readonly DataBlock[]
  readonly notes: readonly string[]
}

const maxDrivers = 4096
const maxUnloaded = 256
const maxDataBlocks = 65_536
const maxPathCharacters = 1024
const contextBytes = { 32: 0x2cc, 64: 0x4d0 } as const
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

/** Reads the triage part of a small dump. Every offset in it counts from the start of the file (reference 3.1). */
export const readTriage = async (source: ByteSource, { bits }: DumpHeader): Promise<Triage> => {
  const header = decodeTriageHeader(await source.read(headerBytes(bits), 0x80), bits)
  const notes: string[] = []

  /** As much of the range as the file holds. */
  const available = async (offset: number, length: number): Promise<Uint8Array> =>
    offset >= source.size ? new Uint8Array() : source.read(offset, Math.min(length, source.size - offset))
  const pointerAt = (view: DataView, offset: number): bigint =>
    bits === 32 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true)

  /** `count` entries as far as they are within the bound and the file; the rest is noted. */
  const table = async (what: string, offset: number, count: number, entryBytes: number, bound: number) => {
    const wanted = Math.min(count, bound)
    const bytes = await available(offset, wanted * entryBytes)
    const present = Math.floor(bytes.length / entryBytes)
    if (present < count) notes.push(`The dump claims ${count} ${what}; ${present} were read.`)
    const view = viewOf(bytes)
    return Array.from({ length: present }, (_, index) => ({ view, at: index * entryBytes }))
  }

  const driverBytes = driverEntryBytes(header, bits)
  const fields = driverEntry[bits]
  const driverRows =
    header.driverListOffset === 0 || driverBytes === null
      ? []
      : await table('drivers', header.driverListOffset, header.driverCount, driverBytes, maxDrivers)
  if (driverBytes === null && header.driverCount > 0)
    notes.push('The size of the entries of the driver list could not be told, so that the list was not read.')
  const drivers: TriageDriver[] = []
  for (const { view, at } of driverRows)
    drivers.push({
      path: await countedString(view.getUint32(at, true)),
      base: pointerAt(view, at + fields.base),
      size: view.getUint32(at + fields.size, true),
      checksum: view.getUint32(at + fields.checksum, true),
      timestamp: view.getUint32(at + fields.timestamp, true),
    })

  /** Length in characters, then UTF-16 (reference 3.3). */
  async function countedString(offset: number): Promise<string | null> {
    if (offset === 0 || offset + 4 > source.size) return null
    const characters = viewOf(await source.read(offset, 4)).getUint32(0, true)
    if (characters === 0 || characters > maxPathCharacters || offset + 4 + characters * 2 > source.size) return null
    return utf16(await source.read(offset + 4, characters * 2)).replace(/\0.*$/s, '')
  }

  const unloadedAt = unloadedEntry[bits]
  const listOffset = header.unloadedDriversOffset
  const unloadedCount =
    listOffset === 0 || listOffset + 4 > source.size ? 0 : viewOf(await source.read(listOffset, 4)).getUint32(0, true)
  const unloadedRows = await table(
    'unloaded drivers',
    listOffset + unloadedAt.first,
    unloadedCount,
    unloadedAt.bytes,
    maxUnloaded,
  )
  const unloaded = unloadedRows.map(({ view, at }) => ({
    name: unloadedName(view, at, at + unloadedAt.name),
    start: pointerAt(view, at + unloadedAt.start),
    end: pointerAt(view, at + unloadedAt.end),
  }))

  const blockRows = await table('data blocks', header.dataBlocksOffset, header.dataBlocksCount, 16, maxDataBlocks)
  const dataBlocks = blockRows.map(({ view, at }) => ({
    address: view.getBigUint64(at, true),
    fileOffset: view.getUint32(at + 8, true),
    size: view.getUint32(at + 12, true),
  }))
  const outside = dataBlocks.filter(({ fileOffset, size }) => fileOffset + size > source.size).length
  if (outside > 0) notes.push(`${outside} data blocks lie beyond the end of the file and were left out.`)

  const debuggerData = await available(
    header.debuggerDataOffset,
    header.debuggerDataOffset === 0 ? 0 : Math.min(header.debuggerDataSize, maxDebuggerDataBytes),
  )
  const context = await available(header.contextOffset, header.contextOffset === 0 ? 0 : contextBytes[bits])
  return {
    header,
    drivers,
    unloaded,
    context: context.length === contextBytes[bits] ? context : null,
    debuggerData: debuggerData.length > 0 ? debuggerData : null,
    dataBlocks: dataBlocks.filter(({ fileOffset, size }) => fileOffset + size <= source.size),
    notes,
  }
}

/** The entry's UNICODE_STRING says how long the name was; at most 12 characters of it follow. */
const unloadedName = (view: DataView, stringAt: number, charactersAt: number): string => {
  const bytes = Math.min(view.getUint16(stringAt, true), 24)
  return utf16(new Uint8Array(view.buffer, view.byteOffset + charactersAt, bytes)).replace(/\0.*$/s, '')
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
