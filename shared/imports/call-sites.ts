import { type CodeRange, type InstructionSet, wordsOf } from './code.ts'
import { arm64References, type Reference, x86References } from './instructions.ts'

/** The import slots of one image as instructions may use them. RVAs count from the image's base. */
export type CalledSlots = {
  /** Which RVAs are slots. */
  readonly inTable: (rva: number) => boolean
  /**
   * Slot by the RVA of the routine it holds: import-call optimisation makes calls through a slot direct ones where the
   * routine is within reach (reference 7.6).
   */
  readonly byRoutine: ReadonlyMap<number, number>
}

/**
 * How many instructions in `code` go through each import slot of one image, by the slot's RVA; slots without any are
 * absent. A stub that jumps through the slot counts as often as it is called.
 */
export const countCallSites = (
  code: readonly CodeRange[],
  base: bigint,
  instructions: InstructionSet,
  slots: CalledSlots,
): Map<number, number> =>
  instructions === 'arm64' ? countArm64(code, slots) : countX86(code, base, instructions === 'x86' ? 4 : 8, slots)

/** An image has a stub for each routine it imports without having declared it so: some hundreds at most. */
const maxStubs = 4096

const countX86 = (
  code: readonly CodeRange[],
  base: bigint,
  pointerBytes: 4 | 8,
  slots: CalledSlots,
): Map<number, number> => {
  const counts = new Map<number, number>()
  const add = (slot: number): void => void counts.set(slot, (counts.get(slot) ?? 0) + 1)
  const stubs = new Map<number, { readonly slot: number; calls: number }>()
  for (const range of code) {
    const { bytes, rva } = range
    const { referenceAt, isStub } = x86References(range, base, pointerBytes)
    for (let at = 0; at + 5 <= bytes.length; at++) {
      const opcode = bytes[at]
      if (opcode !== 0xff && opcode !== 0x8b && opcode !== 0xe8 && opcode !== 0xa1) continue
      const slot = slotOf(referenceAt(at), slots)
      if (slot === null) continue
      if (isStub(at) && stubs.size < maxStubs) stubs.set(rva + at, { slot, calls: 0 })
      else add(slot)
    }
  }
  if (stubs.size > 0) countStubCalls(code, base, pointerBytes, stubs)
  for (const { slot, calls } of stubs.values()) counts.set(slot, (counts.get(slot) ?? 0) + Math.max(1, calls))
  return counts
}

const countStubCalls = (
  code: readonly CodeRange[],
  base: bigint,
  pointerBytes: 4 | 8,
  stubs: ReadonlyMap<number, { calls: number }>,
): void => {
  for (const range of code) {
    const { referenceAt } = x86References(range, base, pointerBytes)
    for (let at = 0; at + 5 <= range.bytes.length; at++) {
      if (range.bytes[at] !== 0xe8) continue
      const reference = referenceAt(at)
      if (reference === null || !('routine' in reference)) continue
      // A stub may begin with a prefix: 48 FF 25.
      const stub = stubs.get(reference.routine) ?? stubs.get(reference.routine + 1)
      if (stub !== undefined) stub.calls++
    }
  }
}

const countArm64 = (code: readonly CodeRange[], slots: CalledSlots): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const range of code)
    arm64References(range, wordsOf(range.bytes), (_, reference) => {
      const slot = slotOf(reference, slots)
      if (slot !== null) counts.set(slot, (counts.get(slot) ?? 0) + 1)
    })
  return counts
}

const slotOf = (reference: Reference | null, slots: CalledSlots): number | null =>
  reference === null
    ? null
    : 'routine' in reference
      ? (slots.byRoutine.get(reference.routine) ?? null)
      : reference.slot >= 0 && slots.inTable(reference.slot)
        ? reference.slot
        : null
