import type { Dump } from './container/dump.ts'
import { allocatorNames } from './data/nt-exports.ts'
import type { Image } from './image/image.ts'
import { zeroSlots } from './kernel/kdbg-slots.ts'
import { ntName } from './machine/images.ts'
import type { Machine } from './machine/machine.ts'
import { ownPointers } from './machine/own-pointers.ts'
import type { PoolCount } from './pool/census.ts'
import type { Totals, TrackedTag } from './pool/tracker.ts'
import { samplesOf } from './samples.ts'
import { hex, hexVa, wrap32 } from './words.ts'

const poolTotals = ({ allocations, frees, outstanding, bytes }: Totals) => ({
  // As the tables add up, modulo 2^32; only for tags with `wraps` is that not the true number.
  allocations: wrap32(allocations),
  frees: wrap32(frees),
  outstanding,
  bytes,
})

const tagRow = (row: TrackedTag) => ({
  tag: row.tag,
  nonPaged: poolTotals(row.nonPaged),
  paged: poolTotals(row.paged),
  wraps: row.wraps,
})

/** What a scan of the pages in the dump finds of small blocks. */
const scanRow = (tag: string, count: PoolCount) => ({ tag, blocks: count.residentBlocks, bytes: count.residentBytes })

/** Everything a test may want to know of a forged dump. Addresses as in the contract; sizes and counts are numbers. */
export const truthOf = (machine: Machine, dump: Dump) => {
  const { scenario, images, space, residency, variables, pools, tracked, pathless } = machine
  const { width } = scenario.layout
  const { counters, pageFile, culprit } = scenario
  const at = (va: number): string => hexVa(va, width)
  const pagedTotal = scenario.pools.pagedPages.reduce((sum, pages) => sum + pages, 0)
  const tags = pools.census.tags()

  const slotsOf = (image: Image) =>
    allocatorNames.flatMap((allocator) => {
      const key = `${ntName}!${allocator}`
      const rva = image.slots.get(key)
      return rva === undefined
        ? []
        : [
            {
              module: image.spec.name,
              base: at(image.spec.base),
              allocator,
              address: at(image.spec.base + rva),
              kind: 'import-table',
              callSites: image.callSites.get(key) ?? 0,
              resident: space.frame(Math.floor((image.spec.base + rva) / 4096)) !== undefined,
            },
          ]
    })

  return {
    scenario: scenario.name,
    format: dump.format,
    architecture: scenario.paging.name,
    build: scenario.layout.build,
    bytes: dump.bytes,
    processors: scenario.processors,
    crashedOn: scenario.crashedOn,
    bugcheck: { code: hex(scenario.bugcheck.code), parameters: scenario.bugcheck.parameters.map(hex) },
    crashedAt: scenario.crashedAt,
    uptimeSeconds: scenario.uptimeSeconds,
    directoryTableBase: hex(space.directoryTableBase),
    runs: dump.runs,
    kernel: {
      base: at(images.nt.spec.base),
      kdbg: at(variables.va('KdDebuggerDataBlock')),
      kdbgSize: scenario.layout.kdbgSize,
      psLoadedModuleList: at(variables.va('PsLoadedModuleList')),
      psActiveProcessHead: at(variables.va('PsActiveProcessHead')),
    },
    modules: images.all.map((image) => ({
      name: image.spec.name,
      path: pathless.has(image.spec.name) ? null : image.spec.path,
      base: at(image.spec.base),
      size: image.sizeOfImage,
      timestamp: hex(image.spec.timestamp),
      checksum: hex(image.spec.checksum),
      pdb: image.pdb,
      readBytes: residency.get(image) ?? 0,
    })),
    unloadedModules: scenario.unloaded.map(({ name, start, pages, hoursBefore }) => ({
      name,
      start: at(start),
      end: at(start + pages * 4096),
      unloadedAt: new Date(Date.parse(scenario.crashedAt) - hoursBefore * 3_600_000).toISOString(),
    })),
    memory: {
      physicalPages: scenario.physical.pages,
      availablePages: counters.availablePages,
      residentAvailablePages: counters.residentAvailablePages,
      lockedIoPages: counters.lockedIoPages,
      freeSystemPtes: counters.freeSystemPtes,
      freeNonPagedPtes: counters.freeNonPagedPtes,
      modifiedPages: counters.modifiedPages,
      nonPagedPool: {
        usedPages: pools.nonPaged.smallPages() + pools.nonPaged.bigPages(),
        totalPages: pools.nonPaged.smallPages(),
        totalBigPages: pools.nonPaged.bigPages(),
        maximumPages: scenario.pools.nonPagedMaximum,
      },
      pagedPool: {
        usedPages: pagedTotal,
        maximumPages: scenario.pools.pagedMaximum,
        pools: pools.paged.map((pool) => pool.smallPages() + pool.bigPages()),
      },
      committedPages: counters.committedPages,
      commitLimitPages: counters.commitLimitPages,
      sharedCommit: counters.sharedCommit,
      processCommit: counters.processCommit,
      driverCommit: counters.driverCommit,
      failedAllocations: counters.failedAllocations,
      pageFiles: [pageFile],
    },
    tracker: { entries: scenario.trackerEntries, tables: scenario.processors },
    tags: tracked.map(tagRow).sort((a, b) => b.nonPaged.bytes - a.nonPaged.bytes),
    scan: {
      nonPaged: tags.filter(({ nonPaged }) => nonPaged.blocks > 0).map(({ tag, nonPaged }) => scanRow(tag, nonPaged)),
      // Only what is in memory: the tracker counts the rest too.
      paged: tags.filter(({ paged }) => paged.residentBlocks > 0).map(({ tag, paged }) => scanRow(tag, paged)),
    },
    bigAllocations: pools.census.bigs.map(({ va, count, pages, paged }) => ({
      address: at(va),
      tag: count.tag,
      bytes: pages * 4096,
      paged,
    })),
    allocators: allocatorNames.map((name) => ({
      name,
      address: at(images.nt.spec.base + images.nt.exports.get(name)!),
    })),
    importers: [
      ...images.all.flatMap(slotsOf),
      ...ownPointers(scenario, images, variables).map(({ image, allocator, va, kind }) => ({
        module: image,
        base: at(images.byName(image)!.spec.base),
        allocator,
        address: at(va),
        kind,
        callSites: null,
        resident: true,
      })),
    ],
    objects: machine.objects.totals(),
    handles: machine.handles,
    verdict: scenario.verdict,
    culprit:
      culprit === null
        ? null
        : {
            ...culprit,
            base: at(images.byName(culprit.module)!.spec.base),
            slot: at(
              images.byName(culprit.module)!.spec.base +
                images.byName(culprit.module)!.slots.get(`${ntName}!ExAllocatePool`)!,
            ),
          },
    samples: samplesOf(machine, dump),
  }
}

export type Truth = ReturnType<typeof truthOf>

/** What of `zeroSlots` is a variable still where there are pool descriptors. */
const descriptorVariables = ['NonPagedPoolDescriptor', 'ExpPagedPoolDescriptor', 'ExpNumberOfPagedPools']

/** What `--symbols` takes: RVAs of nt's variables. Where KDBG leaves counters out, they are no variables any more. */
export const symbolsOf = ({ variables, scenario: { layout } }: Machine): Record<string, Record<string, string>> => ({
  nt: Object.fromEntries(
    [...variables.rvas()]
      .filter(
        ([name]) =>
          !layout.kdbgWithoutCounters ||
          !zeroSlots.has(name) ||
          (layout.descriptor !== null && descriptorVariables.includes(name)),
      )
      .sort()
      .map(([name, rva]) => [name, hex(rva)]),
  ),
})
