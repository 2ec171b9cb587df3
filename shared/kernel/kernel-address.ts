/**
 * Whether an address can be the kernel's: the upper half on x64 (with five levels of tables, hence 0xff00…), above the lowest possible user limit (2 GiB) on x86.
 * Address 0xffff…f is none: it is how "no value" is written.
 */
export const isKernelAddress = (address: bigint, pointerBytes: 4 | 8): boolean =>
  pointerBytes === 4
    ? address >= 0x8000_0000n && address < 0xffff_ffffn
    : address >= 0xff00_0000_0000_0000n && address < 0xffff_ffff_ffff_ffffn
