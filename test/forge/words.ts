/**
 * A virtual address inside the forge: its low 48 bits as a number, so that arithmetic stays exact. x64 kernel addresses
 * get their sign extension only when written or printed.
 */
export type Va = number

/** The width of a pointer in bytes. */
export type Width = 4 | 8

/** The upper 32 bits of an address as an x64 pointer holds them: bits 32–47, sign-extended from bit 47. */
const highWord = (va: Va): number => {
  const high = Math.floor(va / 0x100000000)
  return high >= 0x8000 ? (high | 0xffff0000) >>> 0 : high
}

/** Writes a pointer. */
export const writePointer = (bytes: Buffer, offset: number, va: Va, width: Width): void => {
  bytes.writeUInt32LE(va % 0x100000000, offset)
  if (width === 8) bytes.writeUInt32LE(highWord(va), offset + 4)
}

/** Writes a whole number, modulo the width: negative and too large ones wrap as the kernel's counters do. */
export const writeWord = (bytes: Buffer, offset: number, value: number, width: Width): void => {
  if (width === 4) bytes.writeUInt32LE(wrap32(value), offset)
  else bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset)
}

/** A whole number modulo 2^32. */
export const wrap32 = (value: number): number => {
  const rest = value % 0x100000000
  return rest < 0 ? rest + 0x100000000 : rest
}

/** An address as the contract writes it: lower-case hexadecimal, x64 addresses sign-extended. */
export const hexVa = (va: Va, width: Width): string =>
  width === 8 && va >= 0x800000000000
    ? `0x${highWord(va).toString(16)}${(va % 0x100000000).toString(16).padStart(8, '0')}`
    : `0x${va.toString(16)}`

export const hex = (value: number): string => `0x${value.toString(16)}`

export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

/** Four tag characters as the u32 a header holds: the first character is the low byte (reference 10.1). */
export const tagKey = (tag: string): number => Buffer.from(tag, 'latin1').readUInt32LE(0)
