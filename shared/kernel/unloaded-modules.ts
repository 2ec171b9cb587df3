import { pointerAt, presenceOf, readPointer, readU32 } from '../memory/ranges.ts'
import type { Kernel } from './kernel.ts'
import { isKernelAddress } from './kernel-address.ts'
import { readUnicodeString } from './unicode-string.ts'

export type UnloadedDriver = {
  /** Null when the name's buffer is not in the dump. */
  readonly name: string | null
  readonly start: bigint
  readonly end: bigint
  /** FILETIME. */
  readonly unloadedAt: bigint
}

/** The ring's size and entries (reference 6.4). */
const slots = 50
const layouts = {
  4: { bytes: 0x18, start: 8, end: 0xc, time: 0x10 },
  8: { bytes: 0x28, start: 0x10, end: 0x18, time: 0x20 },
} as const

/** The drivers that were unloaded, the latest first; null when the ring cannot be found or read. */
export const readUnloadedModules = async ({ kdbg, memory }: Kernel): Promise<UnloadedDriver[] | null> => {
  const variable = kdbg?.pointer('MmUnloadedDrivers') ?? null
  if (variable === null) return null
  const ring = await readPointer(memory, variable)
  if (ring === 0n) return []
  if (ring === null || !isKernelAddress(ring, memory.pointerBytes)) return null
  const at = layouts[memory.pointerBytes]
  const range = await memory.read(ring, slots * at.bytes)
  const present = presenceOf(range)
  const lastVariable = kdbg?.pointer('MmLastUnloadedDriver') ?? null
  const next = lastVariable === null ? 0 : ((await readU32(memory, lastVariable)) ?? 0)
  const drivers: UnloadedDriver[] = []
  for (let age = 1; age <= slots; age++) {
    const slot = (((next - age) % slots) + slots) % slots
    const offset = slot * at.bytes
    if (!present(offset, at.bytes)) continue
    const start = pointerAt(range.bytes, offset + at.start, memory.pointerBytes)
    const end = pointerAt(range.bytes, offset + at.end, memory.pointerBytes)
    if (!isKernelAddress(start, memory.pointerBytes) || end <= start) continue
    const unloadedAt = pointerAt(range.bytes, offset + at.time, 8)
    drivers.push({ name: await readUnicodeString(memory, range.bytes, offset), start, end, unloadedAt })
  }
  return drivers
}
