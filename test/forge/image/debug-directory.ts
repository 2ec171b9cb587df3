import type { Random } from '../random.ts'
import { roundUp } from '../words.ts'
import type { ImageSpec } from './image-spec.ts'

/** Bytes of one entry of the debug directory. */
export const debugEntryBytes = 0x1c

/** Bytes of the directory and the record it leads to. */
export const debugBytes = (path: string): number => roundUp(debugEntryBytes + 0x18 + path.length + 1, 16)

/** Writes one CodeView record of type RSDS (reference 7.8); returns what it says. */
export const writeDebugDirectory = (spec: ImageSpec, bytes: Buffer, entry: number, random: Random) => {
  const record = entry + debugEntryBytes
  bytes.writeUInt32LE(spec.timestamp, entry + 4)
  bytes.writeUInt32LE(2, entry + 0xc)
  bytes.writeUInt32LE(0x18 + spec.pdb.path.length + 1, entry + 0x10)
  bytes.writeUInt32LE(record, entry + 0x14)
  bytes.writeUInt32LE(record, entry + 0x18)
  bytes.write('RSDS', record, 'latin1')
  for (let index = 0; index < 16; index += 4) bytes.writeUInt32LE(random.u32(), record + 4 + index)
  bytes.writeUInt32LE(spec.pdb.age, record + 0x14)
  bytes.write(`${spec.pdb.path}\0`, record + 0x18, 'latin1')
  return { name: spec.pdb.path, guid: guidText(bytes.subarray(record + 4, record + 20)), age: spec.pdb.age }
}

/** Data1-Data2-Data3-Data4 in upper-case hexadecimal, the first three fields little-endian in memory (reference 12.7). */
const guidText = (guid: Buffer): string => {
  const field = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  const tail = guid.subarray(8).toString('hex')
  const head = `${field(guid.readUInt32LE(0), 8)}-${field(guid.readUInt16LE(4), 4)}-${field(guid.readUInt16LE(6), 4)}`
  return `${head}-${tail.slice(0, 4)}-${tail.slice(4)}`.toUpperCase()
}
