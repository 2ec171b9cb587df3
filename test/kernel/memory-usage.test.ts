import { describe, expect, test } from 'vitest'
import { MemoryUsage } from '../../shared/analysis/memory-usage.ts'
import { isExcessive, readMemoryUsage } from '../../shared/kernel/memory-usage.ts'
import { readUnloadedModules } from '../../shared/kernel/unloaded-modules.ts'
import { renderVm } from '../../shared/report/vm.ts'
import { type HandMadeKernel, handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'
import { seedVmLines } from '../seed.ts'

/** Slots of the debugger data block (reference 4.2). */
const slots = {
  pagedDescriptors: 0x68,
  pagedCount: 0x70,
  pagingFiles: 0xe0,
  physical: 0xf8,
  nonPagedMaximum: 0x100,
  pagedMaximum: 0x140,
  commitLimit: 0x148,
  committed: 0x150,
  modified: 0x198,
  available: 0x1a8,
  resident: 0x1b0,
  nonPaged: 0x1c0,
  unloaded: 0x220,
  lastUnloaded: 0x228,
  specialTag: 0x238,
  allocated: 0x250,
  physicalBlock: 0x270,
}

const descriptor = (made: HandMadeKernel, paged: boolean, total: number, big: number, seven = false): bigint => {
  const address = made.fresh(0x140)
  made.u32(address, paged ? 1 : 0)
  made.u32(address + (seven ? 0xc0n : 0x10n), total)
  made.u32(address + (seven ? 0x48n : 0x14n), big)
  return address
}

const pagedPools = (made: HandMadeKernel, pages: readonly number[], seven = false): void => {
  const array = made.fresh(17 * made.pointerBytes)
  for (const [index, total] of pages.entries())
    made.pointer(array + BigInt(index * made.pointerBytes), descriptor(made, true, total - 7, 7, seven))
  made.slot(slots.pagedDescriptors, array)
  made.variable(slots.pagedCount, BigInt(pages.length - 1))
}

/** The figures of the session of 2008 (reference 9.4). */
const seedMachine = (): HandMadeKernel => {
  const made = handMadeKernel('x86')
  made.variable(slots.physical, 851420n)
  made.variable(slots.available, 573277n)
  made.variable(slots.resident, 800628n)
  made.variable(slots.modified, 22n)
  made.variable(slots.nonPagedMaximum, 31986n * 4096n)
  made.variable(slots.pagedMaximum, 38912n * 4096n)
  made.slot(slots.nonPaged, descriptor(made, false, 19000, 12369))
  pagedPools(made, [19071, 735, 747, 720, 746])
  made.variable(slots.committed, 200000n)
  made.variable(slots.commitLimit, 1700000n)
  made.variable(slots.pagingFiles, 1n)
  made.variable(slots.specialTag, 0n)
  return made
}

const seedSymbols = (made: HandMadeKernel): Map<string, bigint> => {
  const symbols = new Map<string, bigint>()
  const variable = (name: string, values: readonly bigint[]): bigint => {
    const address = made.fresh(values.length * 4)
    for (const [index, value] of values.entries()) made.pointer(address + BigInt(index * 4), value)
    symbols.set(name, address)
    return address
  }
  variable('ExPoolFailures', [3n])
  variable('MmSystemLockPagesCount', [1067n])
  variable('MmTotalFreeSystemPtes', [25102n, 335n])
  const file = variable('file', [896000n, 896000n, 896000n, 892138n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n])
  made.unicode(file + 0x28n, '\\??\\C:\\pagefile.sys', made.fresh(64))
  variable('MmPagingFile', [file])
  return symbols
}

const usageOf = async (made: HandMadeKernel, symbols = new Map<string, bigint>()) => {
  const usage = await readMemoryUsage(await openKernelOf(made.file()), (name) => symbols.get(name) ?? null)
  return MemoryUsage.parse(usage)
}

describe('the memory usage of the session of 2008', () => {
  test('without symbols', async () => {
    const usage = await usageOf(seedMachine())
    expect(usage).toMatchObject({
      physicalPages: 851420,
      availablePages: 573277,
      residentAvailablePages: 800628,
      modifiedPages: 22,
      nonPagedPool: { usedPages: 31369, maximumPages: 31986, excessive: true },
      pagedPool: { usedPages: 22019, maximumPages: 38912, pools: [19071, 735, 747, 720, 746] },
      committedPages: 200000,
      commitLimitPages: 1700000,
      lockedIoPages: null,
      freeSystemPtes: null,
      freeNonPagedPtes: null,
      failedAllocations: null,
    })
    expect(usage.pageFiles).toBeUndefined()
    for (const field of ['lockedIoPages', 'freeSystemPtes', 'freeNonPagedPtes', 'failedAllocations', 'pageFiles'])
      expect(usage.sources[field]).toContain('Only symbols tell')
    expect(usage.sources.availablePages).toContain('nt!MmAvailablePages')
  })

  test('with symbols, as the debugger printed it', async () => {
    const made = seedMachine()
    const usage = await usageOf(made, seedSymbols(made))
    expect(renderVm(usage).split('\n')).toEqual([
      ...seedVmLines,
      'Committed pages: 200000 ( 800000 Kb)',
      'Commit limit: 1700000 ( 6800000 Kb)',
    ])
  })

  test('the counters of MmPoolFailures are added up where ExPoolFailures is not named', async () => {
    const made = seedMachine()
    const matrix = made.fresh(36)
    for (const [index, count] of [1, 0, 0, 0, 4, 0, 0, 0, 2].entries()) made.u32(matrix + BigInt(index * 4), count)
    expect((await usageOf(made, new Map([['MmPoolFailures', matrix]]))).failedAllocations).toBe(7)
  })
})

describe('the 80 % rule', () => {
  test.each([
    [31369, 31986, true],
    [877, 6252, false],
    [811, 6252, false],
    [5000, 6252, false],
    [5001, 6252, true],
    [0, 0, false],
  ])('%i of %i pages: %s', (used, maximum, excessive) => {
    expect(isExcessive(used, maximum)).toBe(excessive)
  })

  test('is not applied where the memory manager counts far more than the one descriptor that is known', async () => {
    const made = seedMachine()
    made.slot(slots.nonPaged, descriptor(made, false, 10000, 0))
    expect((await usageOf(made)).nonPagedPool.excessive).toBe(false)
    made.variable(slots.allocated, 30000n)
    const usage = await usageOf(made)
    expect(usage.nonPagedPool.excessive).toBeNull()
    expect(usage.sources['nonPagedPool.excessive']).toContain('disagree')
  })
})

describe('a number that cannot be', () => {
  test('is null, and the reason tells what it read', async () => {
    const made = seedMachine()
    made.variable(slots.available, 4_000_000_000n)
    made.slot(slots.nonPaged, descriptor(made, false, 29559056, 0))
    const usage = await usageOf(made)
    expect(usage.availablePages).toBeNull()
    expect(usage.sources.availablePages).toContain('4000000000')
    expect(usage.nonPagedPool).toEqual({ usedPages: null, maximumPages: 31986, excessive: null })
    expect(usage.sources['nonPagedPool.usedPages']).toMatch(/29559056 pages, which is implausible/)
  })

  test.each([
    [
      'a descriptor of the other pool',
      (made: HandMadeKernel) => made.slot(slots.nonPaged, descriptor(made, true, 5, 5)),
    ],
    ['a descriptor that is not in the dump', (made: HandMadeKernel) => made.slot(slots.nonPaged, 0xf1230000n)],
    ['counters below zero', (made: HandMadeKernel) => made.slot(slots.nonPaged, descriptor(made, false, -20, 5))],
    ['a pointer that is none', (made: HandMadeKernel) => made.slot(slots.nonPaged, 0x1000n)],
  ])('comes of %s', async (_, damage) => {
    const made = seedMachine()
    damage(made)
    const usage = await usageOf(made)
    expect(usage.nonPagedPool.usedPages).toBeNull()
    expect(usage.sources['nonPagedPool.usedPages']).toMatch(/\.$/)
  })

  test('of paged pools spoils their sum, not the other lines', async () => {
    const made = seedMachine()
    made.variable(slots.pagedCount, 5n)
    const usage = await usageOf(made)
    expect(usage.pagedPool).toEqual({ usedPages: null, maximumPages: 38912, pools: [] })
    expect(usage.nonPagedPool.usedPages).toBe(31369)
  })
})

describe('other generations of Windows', () => {
  test('Windows 7 keeps the counters elsewhere in the descriptor', async () => {
    const made = handMadeKernel('x64')
    made.variable(slots.physical, 2_000_000n)
    made.variable(slots.nonPagedMaximum, 1_500_000n * 4096n)
    made.slot(slots.nonPaged, descriptor(made, false, 100_000, 20_000, true))
    pagedPools(made, [1000, 2000], true)
    const usage = await usageOf(made)
    expect(usage.nonPagedPool).toEqual({ usedPages: 120_000, maximumPages: 1_500_000, excessive: false })
    expect(usage.pagedPool.pools).toEqual([1000, 2000])
  })

  test('several nodes are added up where symbols tell of them', async () => {
    const made = handMadeKernel('x64')
    made.slot(slots.nonPaged, descriptor(made, false, 100, 0, true))
    const array = made.fresh(16)
    made.pointer(array, descriptor(made, false, 100, 0, true))
    made.pointer(array + 8n, descriptor(made, false, 250, 3, true))
    const count = made.fresh(8)
    made.u32(count, 2)
    const symbols = new Map([
      ['ExpNumberOfNonPagedPools', count],
      ['ExpNonPagedPoolDescriptor', array],
    ])
    // The machine of the test has a few dozen pages; give it memory enough to hold the pool.
    made.variable(slots.physical, 2_000n)
    expect((await usageOf(made, symbols)).nonPagedPool.usedPages).toBe(353)
  })

  test('Windows 10 leaves the slots out: null with the reason, physical memory from the header', async () => {
    const made = handMadeKernel('x64', [], 19041)
    const usage = await usageOf(made)
    expect(usage.physicalPages).toBeGreaterThan(0)
    expect(usage.sources.physicalPages).toContain('header')
    const block = made.fresh(32)
    made.u32(block, 2)
    made.u64(block + 8n, 0x7fe86n)
    made.variable(slots.physicalBlock, block)
    expect((await usageOf(made)).physicalPages).toBe(0x7fe86)
    expect(usage.nonPagedPool).toEqual({ usedPages: null, maximumPages: null, excessive: null })
    expect(usage.sources['nonPagedPool.usedPages']).toContain('leaves nt!NonPagedPoolDescriptor out')
    expect(usage.sources['nonPagedPool.excessive']).toContain('Windows 8')
  })
})

test('unloaded drivers are read from their ring, the latest first', async () => {
  const made = handMadeKernel('x64')
  const ring = made.fresh(50 * 0x28)
  const put = (slot: number, name: string, start: bigint): void => {
    const at = ring + BigInt(slot * 0x28)
    made.unicode(at, name, made.fresh(64))
    made.pointer(at + 0x10n, start)
    made.pointer(at + 0x18n, start + 0x5000n)
    made.u64(at + 0x20n, 128_510_010_000_000_000n)
  }
  put(49, 'old.sys', 0xfffff88004000000n)
  put(0, 'older.sys', 0xfffff88005000000n)
  put(1, 'newest.sys', 0xfffff88006000000n)
  made.variable(slots.unloaded, ring)
  made.variable(slots.lastUnloaded, 2n)
  const drivers = await readUnloadedModules(await openKernelOf(made.file()))
  expect(drivers?.map(({ name }) => name)).toEqual(['newest.sys', 'older.sys', 'old.sys'])
  expect(drivers?.[0]).toMatchObject({ start: 0xfffff88006000000n, end: 0xfffff88006005000n })
})
