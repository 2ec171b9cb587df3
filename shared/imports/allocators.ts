/** One exported allocation routine of nt. `untagged`: it takes no tag, so its blocks are booked under `None`. */
export type AllocationRoutine = { readonly name: string; readonly untagged: boolean }

/**
 * The routines whose addresses are searched for, as data. Names: reference 7.2. That ExAllocatePool and
 * ExAllocatePoolWithQuota book their blocks under the tag `None`: reference 7.7. The tagged ones are listed for
 * information: who imports them says little, nearly every driver does.
 */
export const allocatorSet: { readonly version: string; readonly routines: readonly AllocationRoutine[] } = {
  version: '1',
  routines: [
    { name: 'ExAllocatePool', untagged: true },
    { name: 'ExAllocatePoolWithQuota', untagged: true },
    { name: 'ExAllocatePoolWithTag', untagged: false },
    { name: 'ExAllocatePoolWithQuotaTag', untagged: false },
    { name: 'ExAllocatePoolWithTagPriority', untagged: false },
    { name: 'ExAllocatePool2', untagged: false },
    { name: 'ExAllocatePool3', untagged: false },
  ],
}

/** `nt!ExAllocatePool`: how an analysis names a routine of the kernel. */
export const allocatorName = (routine: AllocationRoutine): string => `nt!${routine.name}`

const untagged = new Set(allocatorSet.routines.filter((routine) => routine.untagged).map(allocatorName))

/** Whether blocks of the routine with this name (`nt!ExAllocatePool`) carry the tag `None`. */
export const isUntaggedAllocator = (name: string): boolean => untagged.has(name)
