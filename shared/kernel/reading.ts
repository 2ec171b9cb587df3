import { pageBytes } from '../dump/run-memory.ts'
import { pointerAt, readWhole } from '../memory/ranges.ts'
import { pointerSlots } from './kdbg-slots.ts'
import type { Kernel } from './kernel.ts'

/** A number, or null; either way `source` says where it came from or why there is none. */
export type Reading = { readonly value: number | null; readonly source: string }

/** Where to look for the kernel's variables: what the debugger data block points to, then what symbols name. */
export type Variables = { readonly kernel: Kernel; readonly resolveSymbol: (name: string) => bigint | null }

export const known = (value: number, source: string): Reading => ({ value, source })
export const unknown = (source: string): Reading => ({ value: null, source })
export const hex = (address: bigint): string => `0x${address.toString(16)}`

export type Place = { readonly address: bigint; readonly source: string }

/** Where a variable lies, or a sentence why that is not known. */
export const placeOf = ({ kernel, resolveSymbol }: Variables, name: string): Place | string => {
  const slot = isSlot(name) ? (kernel.kdbg?.pointer(name) ?? null) : null
  if (slot !== null) return { address: slot, source: `nt!${name} at ${hex(slot)}, from the debugger data block` }
  const symbol = resolveSymbol(name)
  if (symbol !== null) return { address: symbol, source: `nt!${name} at ${hex(symbol)}, from the symbols given` }
  if (!isSlot(name)) return `Only symbols tell where nt!${name} lies, and none were given that do.`
  if (kernel.kdbg === null)
    return `There is no readable debugger data block to say where nt!${name} lies, and no symbols were given that do.`
  return `The debugger data block leaves nt!${name} out, as newer versions of Windows do, and no symbols were given that name it.`
}

const isSlot = (name: string): name is keyof typeof pointerSlots => Object.hasOwn(pointerSlots, name)

/** The pointer-sized number in a variable. Above `limit` it is impossible: null, and `source` says what it read. */
export const readVariable = async (variables: Variables, name: string, limit: number): Promise<Reading> => {
  const place = placeOf(variables, name)
  return typeof place === 'string' ? unknown(place) : readNumber(variables, place, limit)
}

/** The number of `bytes` bytes at a place. Above `limit` it is impossible: null, and `source` says what it read. */
export const readNumber = async (
  { kernel: { memory } }: Variables,
  place: Place,
  limit: number,
  bytes: 4 | 8 = memory.pointerBytes,
): Promise<Reading> => {
  const word = await readWhole(memory, place.address, bytes)
  if (word === null) return unknown(`${place.source}: not in the dump.`)
  const value = pointerAt(word, 0, bytes)
  return value <= BigInt(Math.floor(limit))
    ? known(Number(value), place.source)
    : unknown(`${place.source}, reads ${value}, which is implausible: no more than ${limit} is possible.`)
}

/** A number of bytes as whole pages. */
export const inPages = ({ value, source }: Reading): Reading =>
  value === null ? unknown(source) : known(Math.floor(value / pageBytes), `${source}, in bytes`)
