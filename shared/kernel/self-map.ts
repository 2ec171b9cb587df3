import { arm64Paging, la57Paging, type PagingMode, paePaging, x64Paging, x86Paging } from '../memory/paging.ts'
import type { Kernel } from './kernel.ts'

/** Where the page tables see themselves: `base` is the address of the entry that maps address 0. */
export type SelfMap = {
  readonly mode: PagingMode
  readonly base: bigint
  /** The levels whose entries can be reached through it: PAE's topmost table is not among them. */
  readonly levels: number
}

const modes = [x86Paging, paePaging, x64Paging, la57Paging, arm64Paging]
/** Until Windows 10 1607 the place was fixed; from then on it is random and the debugger data block tells it (reference 4.2). */
const x86Base = 0xc0000000n
const fixedX64Base = 0xfffff680_00000000n
const randomisedBuild = 14393

/** Null when the dump does not tell: a newer 64-bit Windows without a readable debugger data block. */
export const selfMapOf = ({ architecture, build, kdbg, memory }: Kernel): SelfMap | null => {
  const mode = modes.find((one) => one.architecture === architecture)
  if (mode === undefined) return null
  if (memory.pointerBytes === 4) return { mode, base: x86Base, levels: 2 }
  const told = kdbg?.pointer('PteBase') ?? null
  const base = told ?? (architecture === 'x64' && build < randomisedBuild ? fixedX64Base : null)
  return base === null ? null : { mode, base, levels: mode.levels.length }
}

/** The virtual address of the entry for `address`, `fromLeaf` levels above the one that maps pages. */
export const entryAddress = ({ mode, base }: SelfMap, address: bigint, fromLeaf = 0): bigint => {
  let entry = address
  for (let level = 0; level <= fromLeaf; level++)
    entry = base + (BigInt.asUintN(mode.addressBits, entry) >> 12n) * BigInt(mode.entryBytes)
  return BigInt.asUintN(mode.pointerBytes * 8, entry)
}
