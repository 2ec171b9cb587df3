import { allocatorNames } from '../data/nt-exports.ts'
import type { Variables } from '../kernel/variables.ts'
import type { Scenario } from '../scenario.ts'
import { roundUp, type Va, writePointer } from '../words.ts'
import type { Images } from './images.ts'

/** A place outside import tables that holds an allocator's address. */
export type OwnPointer = {
  readonly image: string
  readonly allocator: string
  readonly va: Va
  readonly kind: 'kernel-own' | 'stored-pointer'
}

const thunkTable = 'MiVerifierThunks'

/** Where the pointers of `placeOwnPointers` are. */
export const ownPointers = (scenario: Scenario, images: Images, variables: Variables): OwnPointer[] => {
  const { width } = scenario.layout
  const thunks = scenario.images.nt.verifierThunks
    ? allocatorNames.map((allocator, index) => ({
        image: images.nt.spec.name,
        allocator,
        va: variables.va(thunkTable) + index * 2 * width,
        kind: 'kernel-own' as const,
      }))
    : []
  const stored = scenario.added
    .filter(({ storesPointer }) => storesPointer === true)
    .map(({ name }) => {
      const { spec, data } = images.byName(name)!
      return {
        image: name,
        allocator: 'ExAllocatePool',
        va: spec.base + roundUp(data.rva + 0x80, 16),
        kind: 'stored-pointer' as const,
      }
    })
  return [...thunks, ...stored]
}

/**
 * Driver Verifier's list of routines and their replacements in nt's data (reference 7.5, point 6), and variables of drivers
 * that asked for a routine's address by name.
 */
export const placeOwnPointers = (scenario: Scenario, images: Images, variables: Variables): void => {
  const { width } = scenario.layout
  const { nt } = images
  if (scenario.images.nt.verifierThunks) variables.place(thunkTable, (allocatorNames.length + 1) * 2 * width)
  for (const { image, allocator, va, kind } of ownPointers(scenario, images, variables)) {
    const holder = images.byName(image)!
    const at = va - holder.spec.base
    writePointer(holder.bytes, at, nt.spec.base + nt.exports.get(allocator)!, width)
    if (kind === 'kernel-own') writePointer(holder.bytes, at + width, nt.spec.base + nt.functions.at(-3)!, width)
  }
}
