import { type Va, type Width, writePointer } from '../words.ts'

/** Section characteristics (reference 7.1). */
export const sectionFlags = {
  code: 0x20,
  initialized: 0x40,
  discardable: 0x02000000,
  notPaged: 0x08000000,
  execute: 0x20000000,
  read: 0x40000000,
  write: 0x80000000,
} as const

export type PlacedSection = {
  readonly name: string
  readonly rva: number
  readonly virtualSize: number
  readonly flags: number
}

export type PeHeader = {
  readonly base: Va
  readonly width: Width
  readonly machine: number
  readonly timestamp: number
  readonly checksum: number
  readonly sizeOfImage: number
  readonly sizeOfHeaders: number
  readonly alignment: number
  readonly entryPoint: number
  readonly sections: readonly PlacedSection[]
  /** RVA and size by directory index. */
  readonly directories: Readonly<Record<number, { readonly rva: number; readonly size: number }>>
  readonly linkerMajor: number
  readonly osMajor: number
  readonly osMinor: number
}

const ntOffset = 0xd8
const stub = Buffer.from(
  '0e1fba0e00b409cd21b8014ccd21546869732070726f6772616d2063616e6e6f742062652072756e20696e20444f53206d6f64652e0d0d0a24',
  'hex',
)

/** Bytes the headers take before rounding. */
export const headerBytes = (sections: number, width: Width): number =>
  ntOffset + 0x18 + (width === 4 ? 0xe0 : 0xf0) + sections * 0x28

/** Writes DOS header, NT headers and section table at the image's first byte (reference 7.1). */
export const writePeHeader = (bytes: Buffer, header: PeHeader): void => {
  const { width, sections } = header
  const optionalBytes = width === 4 ? 0xe0 : 0xf0
  bytes.write('MZ', 0, 'latin1')
  bytes.writeUInt16LE(0x90, 2)
  bytes.writeUInt16LE(3, 4)
  bytes.writeUInt16LE(4, 8)
  bytes.writeUInt16LE(0xffff, 0xc)
  bytes.writeUInt16LE(0xb8, 0x10)
  bytes.writeUInt16LE(0x40, 0x18)
  bytes.writeInt32LE(ntOffset, 0x3c)
  stub.copy(bytes, 0x40)

  bytes.write('PE\0\0', ntOffset, 'latin1')
  bytes.writeUInt16LE(header.machine, ntOffset + 4)
  bytes.writeUInt16LE(sections.length, ntOffset + 6)
  bytes.writeUInt32LE(header.timestamp, ntOffset + 8)
  bytes.writeUInt16LE(optionalBytes, ntOffset + 0x14)
  bytes.writeUInt16LE(width === 4 ? 0x010e : 0x0022, ntOffset + 0x16)

  const optional = ntOffset + 0x18
  bytes.writeUInt16LE(width === 4 ? 0x10b : 0x20b, optional)
  bytes.writeUInt8(header.linkerMajor, optional + 2)
  bytes.writeUInt32LE(header.entryPoint, optional + 0x10)
  bytes.writeUInt32LE(sections[0].rva, optional + 0x14)
  writePointer(bytes, optional + (width === 4 ? 0x1c : 0x18), header.base, width)
  bytes.writeUInt32LE(header.alignment, optional + 0x20)
  bytes.writeUInt32LE(header.alignment < 0x1000 ? header.alignment : 0x200, optional + 0x24)
  bytes.writeUInt16LE(header.osMajor, optional + 0x28)
  bytes.writeUInt16LE(header.osMinor, optional + 0x2a)
  bytes.writeUInt32LE(header.sizeOfImage, optional + 0x38)
  bytes.writeUInt32LE(header.sizeOfHeaders, optional + 0x3c)
  bytes.writeUInt32LE(header.checksum, optional + 0x40)
  bytes.writeUInt16LE(1, optional + 0x44) // subsystem: native
  const count = optional + (width === 4 ? 0x5c : 0x6c)
  bytes.writeUInt32LE(16, count)
  for (const [index, { rva, size }] of Object.entries(header.directories)) {
    bytes.writeUInt32LE(rva, count + 4 + Number(index) * 8)
    bytes.writeUInt32LE(size, count + 8 + Number(index) * 8)
  }
  for (const [index, section] of sections.entries()) {
    const at = optional + optionalBytes + index * 0x28
    bytes.write(section.name, at, 8, 'latin1')
    bytes.writeUInt32LE(section.virtualSize, at + 8)
    bytes.writeUInt32LE(section.rva, at + 0xc)
    bytes.writeUInt32LE(section.virtualSize, at + 0x10)
    bytes.writeUInt32LE(section.rva, at + 0x14)
    bytes.writeUInt32LE(section.flags, at + 0x24)
  }
}
