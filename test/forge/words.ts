/**
 * A virtual address inside the forge: its low 48 bits as a number, so that arithmetic stays exact. 64-bit kernel addresses
 * get their sign extension only when written or printed. Below five levels of tables a number of more than 48 bits is an
 * address 0xfffN…: its low 52 bits, which that many leave exact.
 */
export type Va = number

/** Numbers from here on are addresses that four levels of tables cannot hold. */
export const fiveLevelStart = 2 ** 48

/** The width of a pointer in bytes. */
export type Width = 4 | 8

/** The upper 32 bits of an address as a 64-bit pointer holds them: sign-extended from bit 47, or from bit 51 (see `Va`). */
const highWord = (va: Va): number => {
  const high = Math.floor(va / 0x100000000)
  if (va >= fiveLevelStart) return (high | 0xfff00000) >>> 0
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
