import { asciiAt, viewOf } from '../bytes/view.ts'
import { readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Image } from './image.ts'

/**
 * The headers of an image as a person looks at them: fields that the engine has no use for, and values as they stand,
 * checked against nothing (PE specification; reference 7.1).
 */
export type FileHeaders = {
  readonly machine: number
  readonly numberOfSections: number
  readonly timestamp: number
  readonly symbolTable: number
  readonly symbols: number
  readonly optionalBytes: number
  readonly characteristics: number
  readonly magic: number
  readonly linkerVersion: readonly [number, number]
  readonly sizeOfCode: number
  readonly sizeOfInitializedData: number
  readonly sizeOfUninitializedData: number
  readonly entryPoint: number
  readonly baseOfCode: number
  readonly imageBase: bigint
  readonly sectionAlignment: number
  readonly fileAlignment: number
  readonly subsystem: number
  readonly systemVersion: readonly [number, number]
  readonly imageVersion: readonly [number, number]
  readonly subsystemVersion: readonly [number, number]
  readonly sizeOfImage: number
  readonly sizeOfHeaders: number
  readonly checksum: number
  readonly stackReserve: bigint
  readonly stackCommit: bigint
  readonly heapReserve: bigint
  readonly heapCommit: bigint
  readonly dllCharacteristics: number
  readonly directories: readonly { readonly rva: number; readonly size: number }[]
  /** As far as the section table is in the dump. */
  readonly sections: readonly SectionHeader[]
}

export type SectionHeader = {
  readonly name: string
  readonly virtualSize: number
  readonly rva: number
  readonly rawSize: number
  readonly rawPointer: number
  readonly relocationsPointer: number
  readonly lineNumbersPointer: number
  readonly relocations: number
  readonly lineNumbers: number
  readonly characteristics: number
}

const optionalHeaderAt = 0x18
const sectionBytes = 0x28
const maxSections = 96
const maxDirectories = 16

/** Every field of the headers of an image that `readImage` recognised; null when part of the fixed ones is absent. */
export const readFileHeaders = async (memory: VirtualMemory, image: Image): Promise<FileHeaders | null> => {
  const place = await readWhole(memory, image.base + 0x3cn, 4)
  if (place === null) return null
  const nt = image.base + BigInt(viewOf(place).getUint32(0, true))
  // The two optional headers differ in the width of five fields, and so in where the directories begin.
  const wide = image.pe32Plus
  const directoriesAt = optionalHeaderAt + (wide ? 0x70 : 0x60)
  const fixed = await readWhole(memory, nt, directoriesAt)
  if (fixed === null) return null
  const view = viewOf(fixed)
  const u16 = (offset: number): number => view.getUint16(offset, true)
  const u32 = (offset: number): number => view.getUint32(offset, true)
  const optional = (offset: number): number => u32(optionalHeaderAt + offset)
  const version = (offset: number): [number, number] => [
    u16(optionalHeaderAt + offset),
    u16(optionalHeaderAt + offset + 2),
  ]
  const size = (index: number): bigint => {
    const offset = optionalHeaderAt + 0x48 + index * (wide ? 8 : 4)
    return wide ? view.getBigUint64(offset, true) : BigInt(u32(offset))
  }
  const listed = Math.min(u32(directoriesAt - 4), maxDirectories)
  const optionalBytes = u16(0x14)
  return {
    machine: u16(4),
    numberOfSections: u16(6),
    timestamp: u32(8),
    symbolTable: u32(0xc),
    symbols: u32(0x10),
    optionalBytes,
    characteristics: u16(0x16),
    magic: u16(optionalHeaderAt),
    linkerVersion: [fixed[optionalHeaderAt + 2], fixed[optionalHeaderAt + 3]],
    sizeOfCode: optional(4),
    sizeOfInitializedData: optional(8),
    sizeOfUninitializedData: optional(0xc),
    entryPoint: optional(0x10),
    baseOfCode: optional(0x14),
    imageBase: wide ? view.getBigUint64(optionalHeaderAt + 0x18, true) : BigInt(optional(0x1c)),
    sectionAlignment: optional(0x20),
    fileAlignment: optional(0x24),
    systemVersion: version(0x28),
    imageVersion: version(0x2c),
    subsystemVersion: version(0x30),
    sizeOfImage: optional(0x38),
    sizeOfHeaders: optional(0x3c),
    checksum: optional(0x40),
    subsystem: u16(optionalHeaderAt + 0x44),
    dllCharacteristics: u16(optionalHeaderAt + 0x46),
    stackReserve: size(0),
    stackCommit: size(1),
    heapReserve: size(2),
    heapCommit: size(3),
    directories: await readDirectories(memory, nt + BigInt(directoriesAt), listed),
    sections: await readSections(memory, nt + BigInt(optionalHeaderAt + optionalBytes), u16(6)),
  }
}

const readDirectories = async (
  memory: VirtualMemory,
  address: bigint,
  listed: number,
): Promise<FileHeaders['directories']> => {
  const { bytes, gaps } = await memory.read(address, maxDirectories * 8)
  const present = Math.min(Math.floor((gaps[0]?.offset ?? bytes.length) / 8), listed)
  const view = viewOf(bytes)
  return Array.from({ length: maxDirectories }, (_, index) =>
    index < present
      ? { rva: view.getUint32(index * 8, true), size: view.getUint32(index * 8 + 4, true) }
      : { rva: 0, size: 0 },
  )
}

const readSections = async (memory: VirtualMemory, address: bigint, count: number): Promise<SectionHeader[]> => {
  const { bytes, gaps } = await memory.read(address, Math.min(count, maxSections) * sectionBytes)
  const present = Math.floor((gaps[0]?.offset ?? bytes.length) / sectionBytes)
  const view = viewOf(bytes)
  return Array.from({ length: present }, (_, index) => {
    const at = index * sectionBytes
    const u32 = (offset: number): number => view.getUint32(at + offset, true)
    return {
      name: asciiAt(bytes, at, 8),
      virtualSize: u32(8),
      rva: u32(0xc),
      rawSize: u32(0x10),
      rawPointer: u32(0x14),
      relocationsPointer: u32(0x18),
      lineNumbersPointer: u32(0x1c),
      relocations: view.getUint16(at + 0x20, true),
      lineNumbers: view.getUint16(at + 0x22, true),
      characteristics: u32(0x24),
    }
  })
}
