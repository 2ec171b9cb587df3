/** The debugger data block. `value` reads a slot by its name in the reference's table; null when zero, filler or past `size`. */
export type Kdbg = {
  readonly address: bigint
  readonly size: number
  readonly kernBase: bigint
  /** How it was found: by the header's pointer, or by a scan. */
  readonly foundBy: 'header' | 'scan'
  /** A pointer-sized slot, masked to 32 bits on x86: usually the address of a kernel variable, not its value. */
  pointer(slot: KdbgPointer): bigint | null
  /** A u16 structure offset or size. */
  offset(slot: KdbgOffset): number | null
}

/** Names of the slots; the implementation holds them with their offsets and sources as one table. */
export type KdbgPointer = string
export type KdbgOffset = string
