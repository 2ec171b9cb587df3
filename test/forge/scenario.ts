import type { ContainerName } from './container/container.ts'
import type { TagEntry } from './data/pool-tags.ts'
import type { SectionSpec } from './image/image-spec.ts'
import type { DriverShape } from './image/sections.ts'
import type { Layout } from './kernel/layout.ts'
import type { PagingMode } from './memory/paging.ts'
import type { PhysicalRange } from './memory/physical.ts'
import type { Quota } from './pool/quota.ts'
import type { VaRange } from './pool/va-arena.ts'
import type { Va } from './words.ts'

/** A driver the scenario adds to the machine's ordinary ones. */
export type AddedDriver = {
  readonly name: string
  readonly path: string
  readonly pdb: string
  /** Null: wherever the next driver goes. */
  readonly base: Va | null
  readonly alignment: number
  readonly shape: DriverShape
  /** Slots in this order. `nt` stands for the kernel's image name. */
  readonly imports: readonly { readonly image: string; readonly functions: readonly string[] }[]
  /** How often an import is called; those not named are called at random. */
  readonly callSites: Readonly<Record<string, number>>
  readonly tags: readonly string[]
  /** Holds the address of nt!ExAllocatePool in a variable, got by name at run time. */
  readonly storesPointer?: boolean
  /** Characters among its variables, for example tags that it prints. */
  readonly texts?: readonly string[]
  /** Names of routines that it asks the kernel for at run time, in UTF-16 among its variables. */
  readonly asksFor?: readonly string[]
  /** Routines that it exports for other drivers. */
  readonly exports?: readonly string[]
}

/** A tag with fixed figures, and whose blocks they are. */
export type OwnedQuota = Quota & {
  readonly owner: string
  readonly contiguous: boolean
  /** What the blocks hold beside pointers to their owner; what pool is full of when not given. */
  readonly contents?: 'random'
}

/** Objects of a tag that are made and never go away: blocks of a quota, and the handles that processes keep to them. */
export type ObjectLeak = {
  readonly tag: string
  /** Threads that run: whoever has handles to them does not keep them. */
  readonly running?: boolean
  /** By process id. None: references without a handle keep them. */
  readonly holders: readonly { readonly pid: number; readonly handles: number }[]
}

/** Where things are in the kernel's half of virtual memory. */
export type AddressPlan = {
  readonly systemRangeStart: Va
  readonly highestUserAddress: Va
  readonly userProbeAddress: Va
  readonly pfnDatabase: Va
  readonly pfnEntryBytes: number
  /** Upwards, in the order the pool takes them. */
  readonly nonPagedPool: readonly VaRange[]
  /** How many pages at the start of the first range are mapped by large pages. */
  readonly nonPagedLargePages: number
  readonly nonPagedSystemStart: Va
  readonly nonPagedPoolEnd: Va
  readonly pagedPool: VaRange
  readonly systemPtes: readonly [Va, Va]
  readonly systemCache: readonly [Va, Va]
  readonly session: Va
  readonly bootDrivers: Va
  readonly lateDrivers: Va
  /** Kernel stacks and processor blocks. */
  readonly systemArea: Va
  /** Where processor 0's control region is fixed; null: in nt's data. */
  readonly firstPcr: Va | null
}

export type KernelImages = {
  readonly nt: {
    readonly base: Va
    readonly path: string
    readonly pdb: string
    readonly sections: readonly SectionSpec[]
    /** Exported functions at given RVAs. */
    readonly fixed: Readonly<Record<string, number>>
    /** A table of routines Driver Verifier would replace, which holds their addresses. */
    readonly verifierThunks: boolean
  }
  readonly hal: { readonly base: Va; readonly pdb: string }
  /** Mapped by large pages: nothing of them is discarded then (reference 7.4). */
  readonly large: boolean
}

export type Counters = {
  readonly availablePages: number
  readonly residentAvailablePages: number
  readonly lockedIoPages: number
  readonly freeSystemPtes: number
  readonly freeNonPagedPtes: number
  readonly modifiedPages: number
  readonly committedPages: number
  readonly commitLimitPages: number
  readonly sharedCommit: number
  readonly processCommit: number
  readonly driverCommit: number
  readonly failedAllocations: number
}

/** A machine to forge a dump of. All of it is data. */
export type Scenario = {
  readonly name: string
  readonly layout: Layout
  readonly paging: PagingMode
  readonly processors: number
  /** The processor that wrote the dump. */
  readonly crashedOn: number
  readonly crashedAt: string
  readonly uptimeSeconds: number
  readonly bugcheck: { readonly code: number; readonly parameters: readonly number[] }
  readonly servicePack: number
  readonly buildLab: string
  readonly physical: {
    /** What the machine has; the dump holds far fewer (see container/full-dump.ts). */
    readonly pages: number
    readonly machineRuns: readonly PhysicalRange[]
    /** What the forge may fill. */
    readonly lent: readonly PhysicalRange[]
    readonly regionPages: number
  }
  readonly addresses: AddressPlan
  readonly images: KernelImages
  /** Whether every kind of absent page is somewhere among the views of the system cache. */
  readonly holes: boolean
  /** How the dump is written. */
  readonly container: ContainerName
  /** Names from the driver catalogue; all of the build's when null. */
  readonly drivers: readonly string[] | null
  readonly added: readonly AddedDriver[]
  /** win32k.sys: in the session the crash happened in, or in another one, so that its pages can't be reached. */
  readonly win32k: 'mapped' | 'other-session' | 'none'
  readonly pools: {
    readonly nonPagedPages: number
    readonly nonPagedMaximum: number
    /** By descriptor; the first is the one for prototype PTEs. */
    readonly pagedPages: readonly number[]
    readonly pagedMaximum: number
    readonly pagedResidentShare: number
    readonly extraTags: readonly TagEntry[]
    readonly quotas: readonly OwnedQuota[]
    /** The same in the second paged pool: what leaks there. */
    readonly pagedQuotas?: readonly OwnedQuota[]
    /** Tags whose counters went round. */
    readonly wrapping: readonly string[]
  }
  /** What the session has in its own pool: since Vista a tracker in session space counts it. */
  readonly sessionTags?: readonly { readonly tag: string; readonly outstanding: number; readonly bytes: number }[]
  /** Of quotas whose blocks are kernel objects. */
  readonly objectLeaks?: readonly ObjectLeak[]
  /** Since Windows 8 a handle table has one free list; on big machines more (reference 11.5). */
  readonly handleFreeLists?: number
  /** Beside those that every machine runs. */
  readonly addedProcesses?: readonly { readonly name: string; readonly pid: number; readonly parent: number }[]
  readonly trackerEntries: number
  readonly bigPageEntries: number
  readonly counters: Counters
  readonly pageFile: {
    readonly name: string
    readonly currentKb: number
    readonly freeKb: number
    readonly minimumKb: number
    readonly maximumKb: number
  }
  readonly unloaded: readonly {
    readonly name: string
    readonly start: Va
    readonly pages: number
    readonly hoursBefore: number
  }[]
  readonly verdict: 'culprit' | 'healthy'
  readonly culprit: { readonly module: string; readonly tag: string } | null
}
