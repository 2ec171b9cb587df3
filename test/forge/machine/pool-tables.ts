import { churnedTags, idleTags } from '../data/pool-tags.ts'
import type { Variables } from '../kernel/variables.ts'
import { writeBigPages } from '../pool/big-pages.ts'
import { bytesOf, outstanding, type PoolCount } from '../pool/census.ts'
import { writeDescriptor } from '../pool/descriptor.ts'
import { linear, type Pool } from '../pool/pool.ts'
import { type TrackedTag, trackTags, writeTrackerTables } from '../pool/tracker.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, wrap32, writePointer } from '../words.ts'
import type { Pools } from './pools.ts'

/** The pool's own tables: allocated first, as at boot, and written when everything else has been allocated. */
export type PoolTables = {
  write(): TrackedTag[]
  readonly trackTable: Va
}

/**
 * Makes the tracker tables (one for each processor: slot 0 of ExPoolTagTables is PoolTrackTable itself, reference 8.5),
 * the big-page table and the paged descriptors. All are big allocations tagged `Pool`.
 */
export const makePoolTables = (scenario: Scenario, pools: Pools, variables: Variables, random: Random): PoolTables => {
  const { layout, trackerEntries, bigPageEntries, processors } = scenario
  const { width } = layout
  const take = (bytes: number) => {
    const block = pools.nonPaged.big(pools.census.of('Pool'), Math.ceil(bytes / 4096))
    return { va: block.va, ...linear(block) }
  }
  const tables = Array.from({ length: processors }, () => take(trackerEntries * layout.tracker.entryBytes))
  const bigPages = take(bigPageEntries * layout.bigPages.entryBytes)
  const descriptors = take(pools.paged.length * layout.descriptor.bytes)

  variables.pointer('PoolTrackTable', tables[0].va)
  variables.word('PoolTrackTableSize', trackerEntries)
  variables.word('PoolTrackTableMask', trackerEntries - 2)
  variables.word('PoolTrackTableExpansion', 0)
  variables.word('PoolTrackTableExpansionSize', 0)
  variables.place('ExPoolTagTables', layout.tagTables.slots * width)
  for (const [processor, table] of tables.entries())
    writePointer(variables.bytes('ExPoolTagTables'), processor * width, table.va, width)
  variables.pointer('PoolBigPageTable', bigPages.va)
  variables.word('PoolBigPageTableSize', bigPageEntries)
  variables.word('PoolBigPageTableHash', bigPageEntries - 1)
  for (const index of pools.paged.keys())
    writePointer(
      variables.bytes('ExpPagedPoolDescriptor'),
      index * width,
      descriptors.va + index * layout.descriptor.bytes,
      width,
    )
  variables.place('PoolVector', 2 * width)
  writePointer(variables.bytes('PoolVector'), 0, variables.va('NonPagedPoolDescriptor'), width)
  writePointer(variables.bytes('PoolVector'), width, descriptors.va, width)

  const write = (): TrackedTag[] => {
    const { census } = pools
    const rows = trackTags(
      census,
      new Set(scenario.pools.quotas.map(({ tag }) => tag)),
      idleTags,
      churnedTags,
      new Set(scenario.pools.wrapping),
      random,
    )
    writeTrackerTables(
      tables.map(({ bytes }) => bytes),
      trackerEntries,
      rows,
      layout,
      random,
    )
    writeBigPages(bigPages.bytes, bigPageEntries, census.bigs, layout, random)
    const sum = (pick: (row: TrackedTag) => number): number => rows.reduce((total, row) => total + pick(row), 0)
    const all = (kind: 'nonPaged' | 'paged', pick: (count: PoolCount) => number): number =>
      census.tags().reduce((total, count) => total + pick(count[kind]), 0)
    writeDescriptor(
      variables.bytes('NonPagedPoolDescriptor'),
      variables.va('NonPagedPoolDescriptor'),
      pools.nonPaged,
      layout,
      {
        frees: wrap32(sum(({ nonPaged }) => nonPaged.frees)),
        outstanding: all('nonPaged', outstanding),
        bytes: all('nonPaged', bytesOf),
      },
    )
    // What each paged descriptor ran is not counted apart; its share follows its pages.
    const pagedPages = pools.paged.reduce((total, pool) => total + pool.smallPages() + pool.bigPages(), 0)
    for (const [index, pool] of pools.paged.entries())
      writeDescriptor(
        descriptors.bytes.subarray(index * layout.descriptor.bytes),
        descriptors.va + index * layout.descriptor.bytes,
        pool,
        layout,
        pagedShare(
          pool,
          pagedPages,
          sum(({ paged }) => paged.frees),
          all('paged', outstanding),
          all('paged', bytesOf),
        ),
      )
    for (const { flush } of [...tables, bigPages, descriptors]) flush()
    return rows
  }
  return { write, trackTable: tables[0].va }
}

const pagedShare = (pool: Pool, pages: number, frees: number, count: number, bytes: number) => {
  const share = (pool.smallPages() + pool.bigPages()) / pages
  return {
    frees: Math.floor(frees * share),
    outstanding: Math.floor(count * share),
    bytes: Math.floor((bytes * share) / 8) * 8,
  }
}
