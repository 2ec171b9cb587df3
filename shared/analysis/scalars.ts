import { z } from 'zod'

/** An address or 64-bit number as the contract writes it: lower-case hexadecimal with `0x`, x86 addresses unextended. */
export const HexAddress = z.string().regex(/^0x[0-9a-f]+$/)

/** A count, a number of bytes or a number of 4,096-byte pages; exact up to 2^53. */
export const Count = z.number().int().nonnegative()

/** ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime()

/** Writes an address as the contract does. Bits above 64 are an error of the caller and are cut off. */
export const hexAddress = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`
