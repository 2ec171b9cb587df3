import type { HandMadeDump } from './dump.ts'

/** A PE image written into a hand-made dump's memory: only what the tests look at. */
export type ImageFields = {
  readonly size?: number
  readonly timestamp?: number
  readonly checksum?: number
  readonly machine?: number
  readonly subsystem?: number
  readonly sections?: readonly { name: string; rva: number; size: number; characteristics: number }[]
  readonly directories?: Readonly<Record<number, { rva: number; size: number }>>
}

export const data = 0xc0000040
export const text = 0x60000020

export const writeImage = (dump: HandMadeDump, base: bigint, fields: ImageFields = {}): void => {
  const plus = dump.pointerBytes === 8
  const size = fields.size ?? 0x10000
  const nt = base + 0x80n
  const optional = nt + 0x18n
  const directoriesAt = plus ? 0x70n : 0x60n
  const sections = fields.sections ?? [{ name: '.data', rva: 0x1000, size: size - 0x1000, characteristics: data }]
  dump.u16(base, 0x5a4d)
  dump.u32(base + 0x3cn, 0x80)
  dump.u32(nt, 0x4550)
  dump.u16(nt + 4n, fields.machine ?? (plus ? 0x8664 : 0x14c))
  dump.u16(nt + 6n, sections.length)
  dump.u32(nt + 8n, fields.timestamp ?? 0x45d6972c)
  dump.u16(nt + 0x14n, plus ? 0xf0 : 0xe0)
  dump.u16(nt + 0x16n, 0x102)
  dump.u16(optional, plus ? 0x20b : 0x10b)
  dump.u32(optional + 0x38n, size)
  dump.u32(optional + 0x3cn, 0x400)
  dump.u32(optional + 0x40n, fields.checksum ?? 0x1234)
  dump.u16(optional + 0x44n, fields.subsystem ?? 1)
  dump.u32(optional + directoriesAt - 4n, 16)
  for (const [index, { rva, size: bytes }] of Object.entries(fields.directories ?? {})) {
    dump.u32(optional + directoriesAt + 8n * BigInt(index), rva)
    dump.u32(optional + directoriesAt + 8n * BigInt(index) + 4n, bytes)
  }
  for (const [index, section] of sections.entries()) {
    const at = optional + (plus ? 0xf0n : 0xe0n) + BigInt(index * 0x28)
    dump.text(at, section.name)
    dump.u32(at + 8n, section.size)
    dump.u32(at + 0xcn, section.rva)
    dump.u32(at + 0x24n, section.characteristics)
  }
}

/** An export directory at `rva` with its tables and names behind it; returns the directory. */
export const writeExports = (
  dump: HandMadeDump,
  base: bigint,
  rva: number,
  exports: readonly { name: string | null; rva: number | string }[],
): { rva: number; size: number } => {
  const functionsAt = rva + 0x28
  const namesAt = functionsAt + 4 * exports.length
  const named = exports.map((entry, ordinal) => ({ ...entry, ordinal })).filter(({ name }) => name !== null)
  const ordinalsAt = namesAt + 4 * named.length
  let textAt = ordinalsAt + 2 * named.length
  const at = (offset: number): bigint => base + BigInt(offset)
  const put = (value: string): number => {
    const where = textAt
    dump.text(at(where), value)
    textAt += value.length + 1
    return where
  }
  dump.u32(at(rva + 0xc), put('hand.exe'))
  dump.u32(at(rva + 0x10), 1)
  dump.u32(at(rva + 0x14), exports.length)
  dump.u32(at(rva + 0x18), named.length)
  dump.u32(at(rva + 0x1c), functionsAt)
  dump.u32(at(rva + 0x20), namesAt)
  dump.u32(at(rva + 0x24), ordinalsAt)
  for (const [index, entry] of exports.entries())
    dump.u32(at(functionsAt + 4 * index), typeof entry.rva === 'string' ? put(entry.rva) : entry.rva)
  for (const [index, entry] of named.entries()) {
    dump.u32(at(namesAt + 4 * index), put(entry.name ?? ''))
    dump.u16(at(ordinalsAt + 2 * index), entry.ordinal)
  }
  return { rva, size: textAt - rva }
}
