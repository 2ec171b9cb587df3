/** Readable executable bytes of an image: `rva` of the first one. */
export type CodeRange = { readonly rva: number; readonly bytes: Uint8Array }

/** `mov reg, [disp32]`: ModRM with mod 00 and r/m 101, absolute on x86 and relative to rip on x64. */
const isDisplacementOnly = (modRm: number): boolean => (modRm & 0xc7) === 0x05

/** `FF 15` call [slot], `FF 25` jmp [slot], `8B /r` mov reg, [slot] (reference 7.6). */
const isSlotInstruction = (opcode: number, modRm: number): boolean =>
  opcode === 0xff ? modRm === 0x15 || modRm === 0x25 : opcode === 0x8b && isDisplacementOnly(modRm)

/**
 * How many instructions in `code` go through each import slot of one image, by the slot's RVA; slots without any are
 * absent. `inTable` says which RVAs are slots. x86 names a slot by its absolute address, which the loader has
 * relocated, and has a short form `A1 slot`; x64 by its distance from the next instruction (reference 7.6). Bytes are
 * matched without disassembling: a match inside another instruction would need its operand to hit a slot by chance.
 */
export const countCallSites = (
  code: readonly CodeRange[],
  base: bigint,
  pointerBytes: 4 | 8,
  inTable: (rva: number) => boolean,
): Map<number, number> => {
  const counts = new Map<number, number>()
  const absoluteBase = Number(base & 0xffffffffn)
  const add = (rva: number): void => {
    if (rva >= 0 && inTable(rva)) counts.set(rva, (counts.get(rva) ?? 0) + 1)
  }

  for (const { rva, bytes } of code) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at + 5 <= bytes.length; at++) {
      const opcode = bytes[at]
      if (pointerBytes === 4 && opcode === 0xa1) add(view.getUint32(at + 1, true) - absoluteBase)
      if (at + 6 > bytes.length || !isSlotInstruction(opcode, bytes[at + 1])) continue
      if (pointerBytes === 4) add(view.getUint32(at + 2, true) - absoluteBase)
      else add(rva + at + 6 + view.getInt32(at + 2, true))
    }
  }
  return counts
}
