import { asciiAt, viewOf } from '../bytes/view.ts'
import type { Image } from '../image/image.ts'
import { isPresent } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { decodeEncodedBlock } from './kdbg-encoding.ts'
import { offsetSlots, pointerSlots } from './kdbg-slots.ts'
import { isKernelAddress } from './kernel-address.ts'
import { writableData } from './writable-data.ts'

/** The debugger data block. `value` reads a slot by its name in the reference's table; null when zero, filler or past `size`. */
export type Kdbg = {
  readonly address: bigint
  readonly size: number
  readonly kernBase: bigint
  /** How it was found: by the header's pointer, by a scan, or as the copy in a triage dump (its `address` is then 0 when the header does not say it). */
  readonly foundBy: 'header' | 'scan' | 'triage'
  /** A pointer-sized slot, masked to 32 bits on x86: usually the address of a kernel variable, not its value. */
  pointer(slot: KdbgPointer): bigint | null
  /** A u16 structure offset or size. */
  offset(slot: KdbgOffset): number | null
}

/** Names of the slots in the reference's table. */
export type KdbgPointer = keyof typeof pointerSlots
export type KdbgOffset = keyof typeof offsetSlots

/** What a block must agree with to be this kernel's: several copies of one may lie in a dump (reference 4.4). */
export type KdbgExpectation = { readonly kernelBase: bigint | null; readonly psLoadedModuleList: bigint }

const ownerTagOffset = 0x10
const ownerTag = 'KDBG'
/** The sizes any version wrote, with room above (reference 4.3, 4.4). */
const leastSize = 0x100
const mostSize = 0x1000
const filler = 0x4547415045474150n
const filler32 = 0x45474150n

/**
 * Decodes a block read from memory, or null when it is none or another kernel's; without `expected` it may be any
 * kernel's. Bytes past its end read as absent.
 */
export const decodeKdbg = (
  bytes: Uint8Array,
  address: bigint,
  pointerBytes: 4 | 8,
  foundBy: Kdbg['foundBy'],
  expected: KdbgExpectation | null,
): Kdbg | null => {
  if (bytes.length < leastSize || asciiAt(bytes, ownerTagOffset, 4) !== ownerTag) return null
  const view = viewOf(bytes)
  const size = view.getUint32(0x14, true)
  if (size < leastSize || size > mostSize) return null
  const end = Math.min(size, bytes.length)
  const slot = (offset: number): bigint | null => {
    if (offset + 8 > end) return null
    const raw = view.getBigUint64(offset, true)
    // Every slot has 8 bytes; on x86 the upper half may be a sign extension (reference 4.1).
    const value = pointerBytes === 4 ? raw & 0xffff_ffffn : raw
    return value === 0n || raw === filler || value === filler32 ? null : value
  }
  const kernBase = slot(pointerSlots.KernBase[0])
  const listHead = slot(pointerSlots.PsLoadedModuleList[0])
  if (kernBase === null || listHead === null) return null
  if (expected !== null && kernBase !== expected.kernelBase && listHead !== expected.psLoadedModuleList) return null
  return {
    address,
    size,
    kernBase,
    foundBy,
    pointer: (name) => {
      const [offset, kind] = pointerSlots[name]
      const value = slot(offset)
      return value === null || (kind !== 'V' && !isKernelAddress(value, pointerBytes)) ? null : value
    },
    offset: (name) => {
      const offset = offsetSlots[name]
      return offset + 2 > end ? null : view.getUint16(offset, true) || null
    },
  }
}

/** The block that the header points to, decoded first where Windows encoded it (64-bit kernels since Windows 8). */
export const plainKdbg = (
  bytes: Uint8Array,
  address: bigint,
  pointerBytes: 4 | 8,
  expected: KdbgExpectation | null,
): { readonly kdbg: Kdbg; readonly encoded: boolean } | null => {
  const kdbg = decodeKdbg(bytes, address, pointerBytes, 'header', expected)
  if (kdbg !== null) return { kdbg, encoded: false }
  const plain = pointerBytes === 8 ? decodeEncodedBlock(bytes) : null
  const decoded = plain === null ? null : decodeKdbg(plain, address, pointerBytes, 'header', expected)
  return decoded === null ? null : { kdbg: decoded, encoded: true }
}

export type KdbgSearch = { readonly kdbg: Kdbg | null; readonly note: string | null }

/**
 * Finds the block: by the header's pointer, else by a scan of the kernel's writable sections (reference 4.4). `note`
 * says in full sentences what was odd, above all that the block seems to be encoded.
 */
export const findKdbg = async (
  memory: VirtualMemory,
  headerPointer: bigint | null,
  kernel: Image | null,
  expected: KdbgExpectation,
): Promise<KdbgSearch> => {
  const notes: string[] = []
  if (headerPointer === null) notes.push('The dump\u2019s header does not say where the debugger data block is.')
  else {
    const { bytes, gaps } = await memory.read(headerPointer, mostSize)
    const present = bytes.subarray(0, gaps[0]?.offset ?? bytes.length)
    const where = `0x${headerPointer.toString(16)}`
    const found = plainKdbg(present, headerPointer, memory.pointerBytes, expected)
    if (found?.encoded)
      return {
        kdbg: found.kdbg,
        note: `The debugger data block at ${where} is encoded, as in memory that was captured from outside of Windows; it was decoded.`,
      }
    if (found !== null) return { kdbg: found.kdbg, note: null }
    notes.push(
      present.length < leastSize
        ? `The debugger data block at ${where} is not in the dump.`
        : asciiAt(present, ownerTagOffset, 4) === ownerTag
          ? `The debugger data block at ${where} belongs to another kernel or is damaged.`
          : `What lies at ${where} is not a readable debugger data block: it may be encoded, as in memory that was captured from outside of Windows.`,
    )
  }
  const kdbg = kernel === null ? null : await scan(memory, kernel, expected)
  if (kdbg !== null)
    notes.push(`The block was found by a scan of the kernel\u2019s data, at 0x${kdbg.address.toString(16)}.`)
  else if (kernel === null)
    notes.push('The kernel\u2019s headers are not in the dump, so that its data was not scanned for the block.')
  else notes.push('A scan of the kernel\u2019s writable sections did not find it either.')
  return { kdbg, note: notes.join(' ') }
}

/** Tags that are looked behind: a machine's memory has some dozens, in the block, its copies, and code that asks for it. */
export const mostTags = 65_536

const scan = async (memory: VirtualMemory, kernel: Image, expected: KdbgExpectation): Promise<Kdbg | null> => {
  let tags = 0
  for await (const { range, ownBytes } of writableData(memory, kernel, mostSize))
    for (let at = 0; at + leastSize <= range.bytes.length && at < ownBytes; at += 4) {
      if (range.bytes[at + ownerTagOffset] !== 0x4b || asciiAt(range.bytes, at + ownerTagOffset, 4) !== ownerTag)
        continue
      if (tags++ >= mostTags) return null
      if (!isPresent(range, at, leastSize)) continue
      const gap = range.gaps.find(({ offset }) => offset >= at)
      const bytes = range.bytes.subarray(at, gap?.offset)
      const kdbg = decodeKdbg(bytes, range.address + BigInt(at), memory.pointerBytes, 'scan', expected)
      if (kdbg !== null) return kdbg
    }
  return null
}
