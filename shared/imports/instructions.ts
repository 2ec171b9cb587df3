import type { CodeRange } from './code.ts'

/** What an instruction uses: the import slot at an RVA, or the routine at an RVA, which may lie outside of the image. */
export type Reference = { readonly slot: number } | { readonly routine: number }

/** `mov reg, [disp32]`: ModRM with mod 00 and r/m 101, absolute on x86 and relative to rip on x64. */
const isDisplacementOnly = (modRm: number): boolean => (modRm & 0xc7) === 0x05

/** `FF 15` call [slot], `FF 25` jmp [slot], `8B /r` mov reg, [slot] (reference 7.6). */
const isSlotInstruction = (opcode: number, modRm: number): boolean =>
  opcode === 0xff ? modRm === 0x15 || modRm === 0x25 : opcode === 0x8b && isDisplacementOnly(modRm)

/** A register that is called was loaded this many bytes before at most: before the loop that the call stands in. */
const hoistReach = 256

/**
 * Reads x86 and x64 instructions at any offset of one code range. x86 names a slot by its absolute address, which the
 * loader has relocated, and has a short form `A1 slot`; x64 by its distance from the next instruction (reference 7.6).
 * Bytes are matched without disassembling: a match inside another instruction would need its operand to hit by chance.
 */
export const x86References = ({ rva, bytes }: CodeRange, base: bigint, pointerBytes: 4 | 8) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const absoluteBase = Number(base & 0xffffffffn)
  const referenceAt = (at: number): Reference | null => {
    if (at + 5 > bytes.length) return null
    const opcode = bytes[at]
    if (opcode === 0xe8) return { routine: rva + at + 5 + view.getInt32(at + 1, true) }
    if (pointerBytes === 4 && opcode === 0xa1) return { slot: view.getUint32(at + 1, true) - absoluteBase }
    if (at + 6 > bytes.length || !isSlotInstruction(opcode, bytes[at + 1])) return null
    return pointerBytes === 4
      ? { slot: view.getUint32(at + 2, true) - absoluteBase }
      : { slot: rva + at + 6 + view.getInt32(at + 2, true) }
  }
  /** `jmp [slot]`: an import stub, which other code calls. */
  const isStub = (at: number): boolean => bytes[at] === 0xff && bytes[at + 1] === 0x25

  /** The slot a register was loaded from last before an instruction; null when no load stands near enough. */
  const loadedBefore = (before: number, register: number): Reference | null => {
    for (let at = before - 5; at >= Math.max(0, before - hoistReach); at--)
      if (registerLoadedAt(at) === register) return referenceAt(at)
    return null
  }
  const registerLoadedAt = (at: number): number | null => {
    if (pointerBytes === 4 && bytes[at] === 0xa1) return 0
    if (bytes[at] !== 0x8b || !isDisplacementOnly(bytes[at + 1])) return null
    // REX.R, in the prefix before a 64-bit load, makes it one of r8 to r15.
    const extended = pointerBytes === 8 && (bytes[at - 1] & 0xf4) === 0x44
    return ((bytes[at + 1] >> 3) & 7) + (extended ? 8 : 0)
  }

  return {
    referenceAt,
    isStub,
    /**
     * What a call at an offset leads to: `E8`, through a stub to its slot where that stands in the same range, `FF 15`, or
     * `FF D0`+ by a register that was loaded from a slot, as compilers do for calls in loops (reference 7.6). Null for
     * whatever is no call.
     */
    calledAt: (at: number): Reference | null => {
      if (bytes[at] === 0xff && bytes[at + 1] === 0x15) return referenceAt(at)
      if (bytes[at] === 0xff && (bytes[at + 1] & 0xf8) === 0xd0) {
        const extended = pointerBytes === 8 && bytes[at - 1] === 0x41
        return loadedBefore(at, (bytes[at + 1] & 7) + (extended ? 8 : 0))
      }
      if (bytes[at] !== 0xe8) return null
      const called = referenceAt(at)
      if (called === null || !('routine' in called)) return called
      const target = called.routine - rva
      // A stub may begin with a prefix: 48 FF 25.
      const stub = [target, target + 1].find((offset) => offset >= 0 && isStub(offset))
      return stub === undefined ? called : referenceAt(stub)
    },
  }
}

/** An ADRP is taken to serve a load this many instructions after it at most: compilers keep the two together. */
const adrpReach = 32

/**
 * The import slots and routines that ARM64 instructions use (reference 7.6): `ADRP Xn` + `LDR Xt, [Xn, #offset]` for a
 * slot, `BL` for a routine. `visit` gets the index of the LDR or BL.
 */
export const arm64References = (
  { rva }: CodeRange,
  words: Uint32Array,
  visit: (index: number, reference: Reference) => void,
): void => {
  const page = new Float64Array(32)
  const setAt = new Int32Array(32).fill(-adrpReach - 1)
  for (let index = 0; index < words.length; index++) {
    const word = words[index]
    if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const pages = (((word >> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3)
      const register = word & 31
      // 21 bits, signed.
      page[register] = Math.floor((rva + index * 4) / 4096) * 4096 + ((pages << 11) >> 11) * 4096
      setAt[register] = index
    } else if ((word & 0xffc00000) >>> 0 === 0xf9400000) {
      const register = (word >>> 5) & 31
      if (index - setAt[register] <= adrpReach) visit(index, { slot: page[register] + ((word >>> 10) & 0xfff) * 8 })
    } else if ((word & 0xfc000000) >>> 0 === 0x94000000) {
      visit(index, { routine: rva + index * 4 + ((word << 6) >> 6) * 4 })
    }
  }
}
