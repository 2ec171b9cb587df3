import { hexAddress } from '../analysis/scalars.ts'
import type { Range } from '../kernel/data-pointers.ts'
import { pointerAt } from '../memory/ranges.ts'
import type { VirtualRange } from '../memory/virtual-memory.ts'
import type { SlotRange } from './classify.ts'
import type { ExportIndex } from './export-index.ts'
import type { SearchedModule } from './modules.ts'

/** Where a module's import slots lead, the routines that the kernel exports aside. */
export type ImportLinks = {
  /** The bases of the modules, other than the kernel, whose routines it imports. */
  readonly modules: readonly string[]
  /** Whether slots hold routines of Driver Verifier: which ones they were put in the place of is not known. */
  readonly verified: boolean
  /** How many slots were followed. */
  readonly followed: number
}

/**
 * Follows the slots that an image's headers declare, at most `most` of them. `verifier` are the parts of the kernel that
 * hold Driver Verifier's routines: for a driver it watches the kernel puts them into the import table (reference 7.5, step
 * 6). The few routines there that are exported are imported as any other.
 */
export const importLinks = async (
  module: SearchedModule,
  range: VirtualRange,
  slots: readonly SlotRange[],
  pointerBytes: 4 | 8,
  index: ExportIndex,
  verifier: readonly Range[],
  most: number,
): Promise<ImportLinks> => {
  const linked = new Set<string>()
  let verified = false
  let followed = 0
  for (const { rva, size } of slots) {
    const end = Math.min(rva + size, range.bytes.length)
    for (let at = Math.max(0, rva); at + pointerBytes <= end && followed < most; at += pointerBytes, followed++) {
      const address = pointerAt(range.bytes, at, pointerBytes)
      const target = address === 0n ? null : index.moduleAt(address)
      if (target === null || target === module) continue
      if (!target.kernel) linked.add(hexAddress(target.base))
      else if (!verified && isWithin(address, verifier)) verified = (await index.namesAt(address)).length === 0
    }
  }
  return { modules: [...linked], verified, followed }
}

const isWithin = (address: bigint, ranges: readonly Range[]): boolean =>
  ranges.some((range) => address >= range.address && address < range.address + BigInt(range.length))
