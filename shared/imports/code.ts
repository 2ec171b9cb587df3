import { machineType } from '../dump/header.ts'
import type { Image } from '../image/image.ts'
import { presenceOf } from '../memory/ranges.ts'
import type { VirtualRange } from '../memory/virtual-memory.ts'

/** Readable executable bytes of an image: `rva` of the first one. */
export type CodeRange = { readonly rva: number; readonly bytes: Uint8Array }

/** How instructions are written; null for machines whose code is not read here. */
export type InstructionSet = 'x86' | 'x64' | 'arm64'

export const instructionSetOf = (machine: number): InstructionSet | null =>
  machine === machineType.x86
    ? 'x86'
    : machine === machineType.x64
      ? 'x64'
      : machine === machineType.arm64
        ? 'arm64'
        : null

export type Code = {
  readonly ranges: readonly CodeRange[]
  /** Bytes of the executable sections that are kept after start, and how many of them are readable. */
  readonly wantedBytes: number
  readonly readBytes: number
}

/**
 * The readable parts of an image's executable sections, no byte twice though sections may claim the same. Without headers
 * nothing tells code from data, so that all of the module is taken for code.
 */
export const codeOf = (range: VirtualRange, image: Image | null): Code => {
  const sections =
    image === null
      ? [{ rva: 0, virtualSize: range.bytes.length, discardable: false }]
      : image.sections.filter((section) => section.executable).sort((a, b) => a.rva - b.rva)
  const present = presenceOf(range)
  const ranges: CodeRange[] = []
  let wantedBytes = 0
  let readBytes = 0
  let before = 0
  for (const { rva, virtualSize, discardable } of sections) {
    const start = Math.max(rva, before)
    const end = Math.min(rva + virtualSize, range.bytes.length)
    if (start >= end) continue
    before = end
    const parts = present(start, end - start)
      ? [{ rva: start, bytes: range.bytes.subarray(start, end) }]
      : partsOf(range, start, end)
    ranges.push(...parts)
    if (discardable) continue
    wantedBytes += end - start
    readBytes += parts.reduce((sum, part) => sum + part.bytes.length, 0)
  }
  return { ranges, wantedBytes, readBytes }
}

const partsOf = (range: VirtualRange, from: number, to: number): CodeRange[] => {
  const parts: CodeRange[] = []
  let start = from
  for (const gap of range.gaps) {
    if (gap.offset + gap.length <= start || gap.offset >= to) continue
    if (gap.offset > start) parts.push({ rva: start, bytes: range.bytes.subarray(start, gap.offset) })
    start = gap.offset + gap.length
  }
  if (start < to) parts.push({ rva: start, bytes: range.bytes.subarray(start, to) })
  return parts
}

/** The little-endian words of a range, without the bytes that fill none; copied when they do not start on a word. */
export const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const words = bytes.byteLength >> 2
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, words)
  // A copy, which `slice` is not when the bytes are a Buffer.
  return new Uint32Array(new Uint8Array(bytes.subarray(0, words * 4)).buffer)
}
