import { churnedTags, idleTags } from '../data/pool-tags.ts'
import type { DescriptorLayout } from '../kernel/layout.ts'
import type { Variables } from '../kernel/variables.ts'
import { writeBigPages } from '../pool/big-pages.ts'
import { bytesOf, outstanding, type PoolCount } from '../pool/census.ts'
import { writeDescriptor } from '../pool/descriptor.ts'
import { linear, type Pool } from '../pool/pool.ts'
import { type TrackedTag, trackTags, writeTrackerTables } from '../pool/tracker.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, type Width, wrap32, writePointer } from '../words.ts'
import type { Pools } from './pools.ts'

/** Room for the processors' tables, the largest variable there is: before others have taken the room. */
export const placeTagTables = ({ layout }: Scenario, variables: Variables): void => {
  variables.place('ExPoolTagTables', layout.tagTables.slots * layout.width)
}

/** The pool's own tables: allocated first, as at boot, and written when everything else has been allocated. */
export type PoolTables = {
  write(): TrackedTag[]
}

/**
 * Makes the tracker tables (one for each processor, reference 8.5), the big-page table and, where the build has them, the
 * paged descriptors. All are big allocations tagged `Pool`.
 */
export const makePoolTables = (scenario: Scenario, pools: Pools, variables: Variables, random: Random): PoolTables => {
  const { layout, trackerEntries, bigPageEntries, processors } = scenario
  const { width } = layout
  const take = (bytes: number) => {
    const block = pools.nonPaged.big(pools.census.of('Pool'), Math.ceil(bytes / 4096))
    return { va: block.va, ...linear(block) }
  }
  const tableBytes = trackerEntries * layout.tracker.entryBytes
  const keys = layout.tagTables.firstIsShared ? null : take(tableBytes)
  const tables = Array.from({ length: processors }, () => take(tableBytes))
  const bigPages = take(bigPageEntries * layout.bigPages.entryBytes)

  variables.pointer('PoolTrackTable', (keys ?? tables[0]).va)
  variables.word('PoolTrackTableSize', trackerEntries)
  variables.word('PoolTrackTableMask', trackerEntries - 2)
  variables.word('PoolTrackTableExpansion', 0)
  variables.word('PoolTrackTableExpansionSize', 0)
  for (const [processor, table] of tables.entries())
    writePointer(variables.bytes('ExPoolTagTables'), processor * width, table.va, width)
  variables.pointer('PoolBigPageTable', bigPages.va)
  variables.word('PoolBigPageTableSize', bigPageEntries)
  variables.word('PoolBigPageTableHash', bigPageEntries - 1)
  const descriptors =
    layout.descriptor === null ? null : placeDescriptors(layout.descriptor, width, pools, variables, take)

  const write = (): TrackedTag[] => {
    const { census } = pools
    const rows = trackTags(
      census,
      new Set([...scenario.pools.quotas, ...(scenario.pools.pagedQuotas ?? [])].map(({ tag }) => tag)),
      idleTags,
      churnedTags,
      new Set(scenario.pools.wrapping),
      random,
    )
    writeTrackerTables(
      tables.map(({ bytes }) => bytes),
      keys?.bytes ?? null,
      trackerEntries,
      rows,
      layout,
      random,
    )
    writeBigPages(bigPages.bytes, bigPageEntries, census.bigs, layout, random)
    const sum = (pick: (row: TrackedTag) => number): number => rows.reduce((total, row) => total + pick(row), 0)
    const all = (kind: 'nonPaged' | 'paged', pick: (count: PoolCount) => number): number =>
      census.tags().reduce((total, count) => total + pick(count[kind]), 0)
    descriptors?.write({
      nonPaged: {
        frees: wrap32(sum(({ nonPaged }) => nonPaged.frees)),
        outstanding: all('nonPaged', outstanding),
        bytes: all('nonPaged', bytesOf),
      },
      paged: {
        frees: sum(({ paged }) => paged.frees),
        outstanding: all('paged', outstanding),
        bytes: all('paged', bytesOf),
      },
    })
    for (const { flush } of [...tables, bigPages]) flush()
    keys?.flush()
    return rows
  }
  return { write }
}

type Counts = { readonly frees: number; readonly outstanding: number; readonly bytes: number }
type Taken = { readonly va: Va; readonly bytes: Buffer; flush(): void }

/** The non-paged pool's descriptor in nt's data, the paged ones in a block of their own, and the tables that lead to them. */
const placeDescriptors = (
  layout: DescriptorLayout,
  width: Width,
  pools: Pools,
  variables: Variables,
  take: (bytes: number) => Taken,
) => {
  const block = take(pools.paged.length * layout.bytes)
  for (const index of pools.paged.keys())
    writePointer(variables.bytes('ExpPagedPoolDescriptor'), index * width, block.va + index * layout.bytes, width)
  variables.place('PoolVector', 2 * width)
  writePointer(variables.bytes('PoolVector'), 0, variables.va('NonPagedPoolDescriptor'), width)
  writePointer(variables.bytes('PoolVector'), width, block.va, width)

  const write = ({ nonPaged, paged }: { nonPaged: Counts; paged: Counts }): void => {
    const own = variables.bytes('NonPagedPoolDescriptor')
    writeDescriptor(own, variables.va('NonPagedPoolDescriptor'), pools.nonPaged, layout, width, nonPaged)
    // What each paged descriptor ran is not counted apart; its share follows its pages.
    const pages = pools.paged.reduce((total, pool) => total + pool.smallPages() + pool.bigPages(), 0)
    for (const [index, pool] of pools.paged.entries()) {
      const at = index * layout.bytes
      writeDescriptor(block.bytes.subarray(at), block.va + at, pool, layout, width, pagedShare(pool, pages, paged))
    }
    block.flush()
  }
  return { write }
}

const pagedShare = (pool: Pool, pages: number, { frees, outstanding: count, bytes }: Counts): Counts => {
  const share = (pool.smallPages() + pool.bigPages()) / pages
  return {
    frees: Math.floor(frees * share),
    outstanding: Math.floor(count * share),
    bytes: Math.floor((bytes * share) / 8) * 8,
  }
}
