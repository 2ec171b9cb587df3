import { asciiAt, viewOf } from '../bytes/view.ts'
import { readWhole } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Directory, Image, Section } from './image.ts'

const headerPageBytes = 0x1000
const dosMagic = 0x5a4d
const ntMagic = 0x4550
/** NT headers come after the DOS header and its stub; further than this nobody puts them. */
const maxNtOffset = 0x1000
const maxSections = 96
/** Larger than any kernel image; sizes are 31 bits in the loader. */
const maxImageBytes = 0x4000_0000
const directoryCount = 16

/** Section characteristics (reference 7.1). */
const discardable = 0x02000000
const executable = 0x20000000
const writable = 0x80000000

/** Where the two optional headers differ (reference 7.1). */
const optional = {
  267: { pe32Plus: false, directoryCount: 0x5c, directories: 0x60 },
  523: { pe32Plus: true, directoryCount: 0x6c, directories: 0x70 },
} as const

/**
 * The image whose headers lie at `base`, or null when they are absent or are not an image's. Every field is checked
 * against the image's size; a section or directory that reaches out of the image is left out.
 */
export const readImage = async (memory: VirtualMemory, base: bigint): Promise<Image | null> => {
  const dos = await readWhole(memory, base, 0x40)
  if (dos === null || viewOf(dos).getUint16(0, true) !== dosMagic) return null
  const ntOffset = viewOf(dos).getUint32(0x3c, true)
  if (ntOffset < 4 || ntOffset > maxNtOffset || ntOffset % 4 !== 0) return null
  const fixed = await readWhole(memory, base + BigInt(ntOffset), 0x18 + 0x60)
  if (fixed === null) return null
  const view = viewOf(fixed)
  const u32 = (offset: number): number => view.getUint32(offset, true)
  if (u32(0) !== ntMagic) return null
  const magic = view.getUint16(0x18, true)
  if (magic !== 0x10b && magic !== 0x20b) return null
  const layout = optional[magic]
  const sizeOfImage = u32(0x18 + 0x38)
  if (sizeOfImage < headerPageBytes || sizeOfImage > maxImageBytes) return null
  const optionalBytes = view.getUint16(0x14, true)
  const sectionsAt = ntOffset + 0x18 + optionalBytes
  return {
    base,
    pe32Plus: layout.pe32Plus,
    machine: view.getUint16(4, true),
    characteristics: view.getUint16(0x16, true),
    subsystem: view.getUint16(0x18 + 0x44, true),
    timestamp: u32(8),
    checksum: u32(0x18 + 0x40),
    sizeOfImage,
    sizeOfHeaders: Math.min(u32(0x18 + 0x3c), sizeOfImage),
    sections: await readSections(memory, base, sectionsAt, view.getUint16(6, true), sizeOfImage),
    directories: await readDirectories(memory, base, ntOffset + 0x18, optionalBytes, layout, sizeOfImage),
  }
}

const readSections = async (
  memory: VirtualMemory,
  base: bigint,
  offset: number,
  count: number,
  sizeOfImage: number,
): Promise<Section[]> => {
  const wanted = Math.min(count, maxSections)
  const { bytes, gaps } = await memory.read(base + BigInt(offset), wanted * 0x28)
  // The table is short and lies in the header page; what follows a gap in it is not worth having.
  const present = Math.floor((gaps[0]?.offset ?? bytes.length) / 0x28)
  const view = viewOf(bytes)
  return Array.from({ length: present }, (_, index) => {
    const at = index * 0x28
    const characteristics = view.getUint32(at + 0x24, true)
    return {
      name: asciiAt(bytes, at, 8),
      rva: view.getUint32(at + 0xc, true),
      virtualSize: view.getUint32(at + 8, true) || view.getUint32(at + 0x10, true),
      discardable: (characteristics & discardable) !== 0,
      executable: (characteristics & executable) !== 0,
      writable: (characteristics & writable) !== 0,
    }
  }).filter(({ rva, virtualSize }) => within(rva, virtualSize, sizeOfImage))
}

const readDirectories = async (
  memory: VirtualMemory,
  base: bigint,
  optionalAt: number,
  optionalBytes: number,
  layout: (typeof optional)[0x10b] | (typeof optional)[0x20b],
  sizeOfImage: number,
): Promise<Directory[]> => {
  const none: Directory = { rva: 0, size: 0 }
  const { bytes, gaps } = await memory.read(base + BigInt(optionalAt), layout.directories + directoryCount * 8)
  const present = gaps[0]?.offset ?? bytes.length
  const view = viewOf(bytes)
  const listed = present < layout.directories ? 0 : view.getUint32(layout.directoryCount, true)
  return Array.from({ length: directoryCount }, (_, index) => {
    const at = layout.directories + index * 8
    if (index >= listed || at + 8 > present || at + 8 > optionalBytes) return none
    const directory = { rva: view.getUint32(at, true), size: view.getUint32(at + 4, true) }
    return directory.rva !== 0 && within(directory.rva, directory.size, sizeOfImage) ? directory : none
  })
}

/** The last page may be counted whole in one place and not in the other. */
const within = (rva: number, size: number, sizeOfImage: number): boolean => rva + size <= sizeOfImage + 0xfff
