import { type CodeRange, wordsOf } from './code.ts'
import { arm64References, type Reference, x86References } from './instructions.ts'
import { x86Operand } from './tag-operands.ts'

/**
 * How code holds a tag: as an argument of a routine that allocates or releases, as the operand of an instruction that
 * loads, stores or compares it, or as bytes that are no operand (text, chance).
 */
export type TagHitKind = 'allocating' | 'releasing' | 'loaded' | 'compared' | 'loose'

/** What a call leads to, as far as it matters here. Routines by their RVA from the image's base, wherever they are. */
export type Callees = {
  readonly slots: ReadonlyMap<number, 'allocating' | 'releasing'>
  readonly routines: ReadonlyMap<number, 'allocating' | 'releasing'>
}

const protectedBit = 0x80000000

/** Each key and the same with bit 31 set, which marks protected pool (reference 7.10), by what stands in memory. */
export const keyVariants = (keys: readonly number[]): Map<number, number> =>
  new Map(keys.flatMap((key) => [[key >>> 0, key] as const, [(key | protectedBit) >>> 0, key] as const]))

/** Offsets at which one of the variants stands, aligned or not. */
export const findBytes = (
  bytes: Uint8Array,
  variants: ReadonlyMap<number, number>,
  visit: (offset: number, key: number) => void,
): void => {
  // Of all pairs of bytes a handful begins a tag: one look-up a byte keeps a pass over hundreds of megabytes cheap.
  const begins = new Uint8Array(0x10000)
  for (const variant of variants.keys()) begins[variant & 0xffff] = 1
  let word = 0
  for (let at = 0; at < bytes.length; at++) {
    // The last four bytes, the one read now on top.
    word = (word >>> 8) | (bytes[at] << 24)
    if (begins[word & 0xffff] === 0 || at < 3) continue
    const key = variants.get(word >>> 0)
    if (key !== undefined) visit(at - 3, key)
  }
}

/** Slots lie within the image: none is larger. */
const nearBytes = 2 ** 28

/** Arguments are set up this many bytes before their call at most; between them and the call no other is made as a rule. */
const argumentReach = 40

/**
 * Says of a tag's bytes at an offset of x86 or x64 code what they are there, by the instruction they seem to belong to
 * and by the call it prepares.
 */
export const x86Classifier = (
  range: CodeRange,
  base: bigint,
  pointerBytes: 4 | 8,
  callees: Callees,
): ((offset: number) => TagHitKind) => {
  const { bytes } = range
  const { calledAt } = x86References(range, base, pointerBytes)
  const calledBehind = (from: number): 'allocating' | 'releasing' | null => {
    for (let at = from; at < Math.min(from + argumentReach, bytes.length); at++) {
      const called = calledAt(at)
      const callee = calleeOf(called, callees)
      if (callee !== null) return callee
      // The constant was an argument of this call, and what follows has its own.
      if (called !== null && isNear(called)) return null
    }
    return null
  }
  /** A call of the module's own, or through a slot: what a byte inside another instruction makes a call leads anywhere. */
  const isNear = (called: Reference): boolean =>
    'slot' in called
      ? called.slot >= 0 && called.slot < nearBytes
      : called.routine >= range.rva && called.routine < range.rva + bytes.length
  return (offset) => {
    const operand = x86Operand(bytes, offset)
    if (operand === null) return 'loose'
    return operand === 'compared' ? operand : (calledBehind(offset + 4) ?? operand)
  }
}

const calleeOf = (reference: Reference | null, callees: Callees): 'allocating' | 'releasing' | null =>
  reference === null
    ? null
    : (('routine' in reference ? callees.routines.get(reference.routine) : callees.slots.get(reference.slot)) ?? null)

/** The two halves of a constant stand this many instructions apart at most, its call this many behind (reference 10.3). */
const pairReach = 8
const callReach = 12

/** MOVZ and MOVK, 32 or 64 bits wide; `half` is 0 for the low 16 bits, 1 for those above. */
const moveWide = (word: number): { keeps: boolean; half: number; value: number; register: number } | null => {
  const opcode = (word & 0x7f800000) >>> 0
  if (opcode !== 0x52800000 && opcode !== 0x72800000) return null
  return {
    keeps: opcode === 0x72800000,
    half: (word >>> 21) & 3,
    value: (word >>> 5) & 0xffff,
    register: word & 31,
  }
}

/** More than this many constants in one range of code are none: every use of a tag in a big driver comes to hundreds. */
const maxConstants = 65_536

/** Tags that ARM64 code holds as halves or as literals (reference 10.3). `visit` gets the RVA of the instruction that completes it. */
export const findArm64Constants = (
  range: CodeRange,
  variants: ReadonlyMap<number, number>,
  callees: Callees,
  visit: (rva: number, key: number, kind: TagHitKind) => void,
): void => {
  const words = wordsOf(range.bytes)
  const found: { index: number; key: number }[] = []
  for (let index = 0; index < words.length && found.length < maxConstants; index++) {
    const key = arm64Constant(words, index, variants)
    if (key !== undefined) found.push({ index, key })
  }
  if (found.length === 0) return
  const called = new Uint8Array(words.length + callReach + 1)
  arm64References(range, words, (index, reference) => {
    const callee = calleeOf(reference, callees)
    if (callee !== null) called[index] = callee === 'allocating' ? 1 : 2
  })
  for (const { index, key } of found) {
    const callee = called.subarray(index + 1, index + 1 + callReach).find((mark) => mark !== 0)
    visit(range.rva + index * 4, key, callee === undefined ? 'loaded' : callee === 1 ? 'allocating' : 'releasing')
  }
}

/** The tag that the instruction at an index loads, or completes with its second half. */
const arm64Constant = (
  words: Uint32Array,
  index: number,
  variants: ReadonlyMap<number, number>,
): number | undefined => {
  const word = words[index]
  // LDR Wt or Xt, literal: the constant itself lies among the code, up to 1 MiB away.
  if ((word & 0xbf000000) >>> 0 === 0x18000000) return variants.get(words[index + ((word << 8) >> 13)] ?? -1)
  const move = moveWide(word)
  if (move === null || !move.keeps || move.half > 1) return undefined
  for (let before = index - 1; before >= Math.max(0, index - pairReach); before--) {
    const other = moveWide(words[before])
    if (other === null || other.register !== move.register) continue
    if (other.keeps || other.half + move.half !== 1) return undefined
    const [low, high] = move.half === 1 ? [other.value, move.value] : [move.value, other.value]
    return variants.get((low | (high << 16)) >>> 0)
  }
  return undefined
}
