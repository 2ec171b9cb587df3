import type { DriverShape } from '../forge/image/sections.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'

/** Small machines with a leak of our choosing: who leaks under which tag, who else looks as if, what the dump lacks. */

export const leakTag = 'TqLk'
export const untagged = 'None'
export const culprit = 'leaky.sys'
export const decoy = 'decoy.sys'

const ordinary = ['IofCompleteRequest', 'IoCreateDevice', 'KeSetEvent', 'ZwClose', 'memcpy']
const untaggedRoutines = ['ExAllocatePool', 'ExFreePoolWithTag']
export const taggedRoutines = ['ExAllocatePoolWithTag', 'ExFreePoolWithTag']

/** A driver that imports these routines of nt beside what every driver does. */
export const driver = (
  base: Scenario,
  name: string,
  routines: readonly string[],
  more: Partial<AddedDriver> & { readonly importsIn?: DriverShape['importsIn'] } = {},
): AddedDriver => {
  const { importsIn = 'INIT', ...changes } = more
  const model = base.added[0]
  return {
    ...model,
    name,
    pdb: `${name}.pdb`,
    base: null,
    shape: { ...model.shape, importsIn },
    imports: [{ image: 'nt', functions: [...ordinary, ...routines] }],
    callSites: routines.includes('ExAllocatePool') ? { ExAllocatePool: 3 } : {},
    tags: [],
    ...changes,
  }
}

/** Imports the untagged allocator, as the driver of 2008 did. */
export const importing = (base: Scenario, name: string, more: Parameters<typeof driver>[3] = {}): AddedDriver =>
  driver(base, name, untaggedRoutines, more)

/** Passes the tag to an allocator that takes one. */
export const tagging = (base: Scenario, name: string, tag = leakTag): AddedDriver =>
  driver(base, name, taggedRoutines, { tags: [tag] })

/** Imports no allocator at all. */
export const quiet = (base: Scenario, name: string, more: Partial<AddedDriver> = {}): AddedDriver =>
  driver(base, name, ['MmGetSystemRoutineAddress'], more)

/** A library of a vendor's, whose other drivers allocate through it. */
export const library = 'vendlib.sys'
export const exporting = (one: AddedDriver): AddedDriver => ({
  ...one,
  name: library,
  exports: ['VendAlloc', 'VendFree'],
})
export const using = (one: AddedDriver): AddedDriver => ({
  ...one,
  imports: [...one.imports, { image: library, functions: ['VendAlloc', 'VendFree'] }],
})

/** The leaked blocks hold what looks like random numbers. */
export const encrypted = (scenario: Scenario): Scenario => {
  const [leak, ...others] = scenario.pools.quotas
  return { ...scenario, pools: { ...scenario.pools, quotas: [{ ...leak, contents: 'random' }, ...others] } }
}

/** What leaks: `owner` is who the blocks point to; `nt` for blocks that hold nothing but buffers. */
export type Leak = {
  readonly tag: string
  readonly owner: string
  /** Times the tiny machine's leak of 130 KiB. */
  readonly scale?: number
  readonly bigOnly?: boolean
}

const quotaOf = (base: Scenario, { tag, owner, scale = 1, bigOnly = false }: Leak): Scenario['pools']['quotas'][0] => {
  const model = base.pools.quotas[0]
  if (bigOnly) {
    const blocks = Math.round(24 * scale)
    return { ...model, tag, owner, outstanding: blocks, big: blocks, bytes: blocks * 2 * 4096 }
  }
  const outstanding = Math.round(model.outstanding * scale)
  // A multiple of every machine's unit of 8 or 16 bytes.
  const bytes = Math.round((model.bytes * scale) / 16) * 16
  return { ...model, tag, owner, outstanding, bytes, big: Math.round(model.big * scale) }
}

/**
 * Where nothing bounds the pool (no counters in KDBG) it is judged by the machine's memory: less memory, and more pool. All
 * memory is what the forge may fill.
 */
const unbounded = ({ layout }: Scenario): boolean => layout.kdbgWithoutCounters

const smallMemory = (base: Scenario): Scenario => {
  const { lent } = base.physical
  const pages = lent.reduce((sum, range) => sum + range.pages, 0)
  return { ...base, holes: false, physical: { ...base.physical, pages, machineRuns: lent } }
}

/** How much larger the leak must be where the pool is. */
const leakScale = (base: Scenario): number => (unbounded(base) ? 6 : 1)

/** The base machine with other drivers, the leaks in its non-paged pool, and that pool nearly full. */
export const leaking = (base: Scenario, drivers: readonly AddedDriver[], leaks: readonly Leak[]): Scenario => {
  const scale = leakScale(base)
  const more = leaks.reduce((sum, leak) => sum + (leak.scale ?? 1) - 1, leaks.length - 1)
  const tablePages = leaks.some(({ bigOnly }) => bigOnly) ? 24 : 0
  const nonPagedPages =
    tablePages + (unbounded(base) ? 480 : base.pools.nonPagedPages + Math.ceil(Math.max(0, more) * 40))
  const quotas = leaks.map((leak) => quotaOf(base, { ...leak, scale: (leak.scale ?? 1) * scale }))
  const scenario: Scenario = {
    ...base,
    added: drivers,
    // The least that Windows begins with: without symbols a smaller table is not believed.
    ...(leaks.some(({ bigOnly }) => bigOnly) ? { bigPageEntries: 4096 } : {}),
    pools: {
      ...base.pools,
      nonPagedPages,
      nonPagedMaximum: nonPagedPages + 6,
      quotas: [...quotas, ...base.pools.quotas.slice(1).filter(({ tag }) => leaks.every((leak) => leak.tag !== tag))],
    },
    culprit: null,
  }
  return unbounded(base) ? smallMemory(scenario) : scenario
}

/** As many processors, each with a table of its own, and a pool that has room for them and still a leak. */
export const withProcessors = (scenario: Scenario, processors: number): Scenario => {
  const tablePages = Math.ceil((scenario.trackerEntries * scenario.layout.tracker.entryBytes) / 4096)
  const nonPagedPages = scenario.pools.nonPagedPages + 2 * (processors - scenario.processors) * tablePages
  const lent = scenario.physical.lent.map((range, index, all) =>
    index === all.length - 1 ? { ...range, pages: range.pages + nonPagedPages + processors * 24 } : range,
  )
  const [leak, ...others] = scenario.pools.quotas
  const factor = Math.round((nonPagedPages * 0.35 * 4096) / leak.bytes)
  return {
    ...scenario,
    processors,
    crashedOn: processors - 1,
    physical: { ...scenario.physical, lent },
    pools: {
      ...scenario.pools,
      nonPagedPages,
      nonPagedMaximum: nonPagedPages + 6,
      quotas: [
        {
          ...leak,
          outstanding: leak.outstanding * factor,
          bytes: leak.bytes * factor,
          big: leak.big * factor,
        },
        ...others,
      ],
    },
  }
}

/** A leak in the paged pool instead, of which half is in memory, and that pool nearly full. */
export const leakingPaged = (base: Scenario, drivers: readonly AddedDriver[], leak: Leak): Scenario => {
  const [first, second] = [base.pools.pagedPages[0], 100]
  return {
    ...base,
    added: drivers,
    pools: {
      ...base.pools,
      nonPagedMaximum: 4000,
      pagedPages: [first, second],
      pagedMaximum: Math.ceil((first + second) * 1.08),
      quotas: base.pools.quotas.slice(1),
      pagedQuotas: [quotaOf(base, leak)],
    },
    culprit: null,
  }
}

/** The same leak in a pool that has room for much more. */
export const calm = (scenario: Scenario): Scenario => ({
  ...scenario,
  pools: { ...scenario.pools, nonPagedMaximum: 4000 },
})

/** Objects that leak: how many, and who has how many handles to them, by process id. */
export type ObjectsLeak = {
  readonly tag: 'Thre' | 'Proc' | 'File' | 'Even' | 'Toke' | 'Key '
  readonly objects: number
  readonly holders: readonly { readonly pid: number; readonly handles: number }[]
  /** Threads that have not ended. */
  readonly running?: boolean
}

/** Processes beside those every machine runs; one of them has a name that another has. */
export const agents = [
  { name: 'agent.exe', pid: 1840, parent: 444 },
  { name: 'svchost.exe', pid: 2096, parent: 444 },
]

const bodyBytes = ({ layout }: Scenario, tag: ObjectsLeak['tag']): number =>
  ({ Thre: layout.thread.bytes, Proc: layout.process.bytes, File: 0xd8, Even: 0x20, Toke: 0x480, 'Key ': 0x38 })[tag]

const inPagedPool: readonly string[] = ['Toke', 'Key ']

/** The base machine with objects leaking in the pool they live in, and that pool nearly full. */
export const leakingObjects = (base: Scenario, leak: ObjectsLeak): Scenario => {
  const { poolHeader, objectHeader, width } = base.layout
  const bytes = Math.ceil((poolHeader.bytes + objectHeader.bytes + bodyBytes(base, leak.tag)) / 16) * 16
  const quota = {
    tag: leak.tag,
    owner: 'nt',
    contiguous: false,
    outstanding: leak.objects,
    bytes: leak.objects * bytes,
    big: 0,
    sizes: [{ bytes, share: 1 }],
  }
  const leakPages = Math.ceil((leak.objects * bytes) / 4096 / (bytes > 2048 ? 0.4 : 0.8))
  const handles = leak.holders.reduce((sum, holder) => sum + holder.handles, 0)
  const tablePages = Math.ceil((handles * 2 * width * 1.06) / 4096) + 24
  const paged = inPagedPool.includes(leak.tag)
  // Without a maximum a quarter of memory is too much.
  const nonPagedPages = (unbounded(base) ? 400 : 110) + (paged ? 0 : leakPages)
  const pagedPages = [base.pools.pagedPages[0], 24 + tablePages + (paged ? leakPages : 0)]
  const roomy = (scenario: Scenario): Scenario => ({
    ...scenario,
    physical: {
      ...scenario.physical,
      lent: scenario.physical.lent.map((range, index, all) =>
        index === all.length - 1
          ? { ...range, pages: range.pages + leakPages + tablePages + (unbounded(base) ? 0 : 512) }
          : range,
      ),
    },
  })
  const scenario: Scenario = roomy({
    ...base,
    added: [quiet(base, 'innocent.sys'), importing(base, decoy)],
    addedProcesses: agents,
    objectLeaks: [{ tag: leak.tag, holders: leak.holders, running: leak.running }],
    pools: {
      ...base.pools,
      nonPagedPages,
      nonPagedMaximum: paged ? 4000 : nonPagedPages + 6,
      pagedPages,
      pagedMaximum: paged ? Math.ceil((pagedPages[0] + pagedPages[1]) * 1.08) : base.pools.pagedMaximum,
      quotas: [...(paged ? [] : [quota]), ...base.pools.quotas.slice(1)],
      pagedQuotas: paged ? [quota] : [],
    },
    culprit: null,
  })
  return unbounded(base) ? smallMemory(scenario) : scenario
}
