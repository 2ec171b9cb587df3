import { ntVariables } from '../data/nt-exports.ts'
import type { Image } from '../image/image.ts'
import type { Variables } from '../kernel/variables.ts'
import type { Scenario } from '../scenario.ts'
import type { Va } from '../words.ts'
import { mustAllocate } from './module-list.ts'
import type { Pools } from './pools.ts'

/** Bytes of an object type, more than any build of the reference needs (11.3). */
const objectTypeBytes = 0x190

/**
 * Gives every exported variable of nt a place, and an object of its own to each `…Type` one. Returns where each of those
 * variables points.
 */
export const makeExportedVariables = (
  scenario: Scenario,
  nt: Image,
  variables: Variables,
  pools: Pools,
): ReadonlyMap<string, Va> => {
  const types = new Map<string, Va>()
  for (const name of ntVariables) {
    if (!variables.has(name)) variables.place(name, 0x20)
    if (name.endsWith('Type')) {
      const object = mustAllocate(pools, pools.nonPaged, 'ObjT', objectTypeBytes, true)
      types.set(name, object.va)
      variables.pointer(name, object.va)
    }
    nt.exports.set(name, variables.va(name) - nt.spec.base)
  }
  variables.u32('NtBuildNumber', (0xf0000000 | scenario.layout.build) >>> 0)
  variables.u32('KeNumberProcessors', scenario.processors)
  return types
}
