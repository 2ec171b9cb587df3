import { type Mode, openDump, type Reader } from './reader.ts'

/** The dump with a driver's entry taken off PsLoadedModuleList, as a rootkit does it; its bytes are changed in place. */
export const unlink = (file: Buffer, name: string, mode?: Mode): Buffer => {
  const dump = openDump(file, mode)
  const wide = dump.bits === 64
  const head = wide ? file.readBigUInt64LE(0x20) : BigInt(file.readUInt32LE(0x18))
  for (
    let entry = dump.pointer(head), count = 0;
    entry !== head && count < 4096;
    entry = dump.pointer(entry), count++
  ) {
    const field = entry + (wide ? 0x58n : 0x2cn)
    const text = dump.read(dump.pointer(field + BigInt(dump.pointerBytes)), dump.u16(field))
    if (text.toString('utf16le') !== name) continue
    const flink = dump.pointer(entry)
    const blink = dump.pointer(entry + BigInt(dump.pointerBytes))
    writePointer(dump, blink, flink)
    writePointer(dump, flink + BigInt(dump.pointerBytes), blink)
    return file
  }
  throw new Error(`${name} is not on the list.`)
}

/** Aligned, hence within one page; pages are views of the file. */
export const writePointer = (dump: Reader, address: bigint, value: bigint): void => {
  const page = dump.page(address)
  if (typeof page === 'string') throw new Error(`0x${address.toString(16)} is ${page}`)
  const at = Number(address & 0xfffn)
  if (dump.pointerBytes === 8) page.writeBigUInt64LE(value, at)
  else page.writeUInt32LE(Number(value), at)
}
