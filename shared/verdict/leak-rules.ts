/**
 * When is pool use a problem, and when does a tag stand for it. Data, with the reason of each figure; those marked
 * [I] are judgement (reference 9.3), not published facts.
 */
export const leakRules = {
  version: '5',

  /** `!vm` warns above four fifths of NonPagedPool Max (reference 9.3); [I] the same is asked of PagedPool. */
  excessiveShareOfMaximum: 0.8,

  /**
   * From Vista on the maximum grows towards all of memory, from Windows 8 to 16 TiB: 80 % of it is never reached. A
   * maximum above half of physical memory is no bound, and the rules by memory size are asked as well. [I]
   */
  boundingMaximumShareOfMemory: 0.5,
  /** Where the size of memory is not known: what fits a 32-bit address space is a bound for certain. */
  boundingMaximumBytes: 2 ** 32,
  /**
   * Where the maximum could not be read: before Vista non-paged pool on 32 bits has 256 MiB at most, and 128 MiB with /3GB
   * (reference 9.3); a paged pool has little more than the latter then (the seed's has 152 MiB). Below four fifths of the
   * lesser all is well, above four fifths of the greater it is not, and between them nobody can tell.
   */
  oldMaximum: { beforeBuild: 6000, leastBytes: 128 * 2 ** 20, mostBytes: { nonpaged: 256 * 2 ** 20, paged: 2 ** 32 } },
  /** Non-paged pool is memory that nobody else gets; a quarter of the machine is far beyond a working server. [I] */
  excessiveNonPagedShareOfMemory: 0.25,
  /** Paged pool may live in the page file, so it may grow further before it hurts. [I] */
  excessivePagedShareOfMemory: 0.5,
  /** A counter of the whole pool this far beyond the sum of all its tags, none of them missing, is damaged. [I] */
  counterBeyondTags: { times: 4, bytes: 256 * 2 ** 20 },
  /** And one this far below it does not count the whole pool. */
  counterBelowTags: 1.25,
  /**
   * One tag with more than half of the pool and more than 1 GiB, in a thousand blocks or more: no component works like that
   * for long. Fewer are what somebody reserved when it started (a RAM disk, a cache of its own), caches of Windows
   * (`cacheTags`) take what memory there is. [I]
   */
  runawayTag: { shareOfPool: 0.5, bytes: 2 ** 30, outstanding: 1_000 },

  /**
   * In a pool under pressure a tag with a fifth of all bytes is worth a finding of its own: the seed's `None` has 40 %,
   * its innocent second, `MmCm`, 14 %. [I]
   */
  leakingShareOfPool: 0.2,
  /**
   * A leak is worth a name before the pool is full: more than half of a pool in one tag, in ten thousand blocks or more
   * of which hardly one was ever freed, only grows. Caches and registries have fewer and larger blocks, objects and
   * requests are freed. [I]; a kernel that ran with a driver leaking 60,000 small blocks showed it at 41 % of the pool.
   */
  oneWayTag: { shareOfPool: 0.5, outstanding: 10_000, freedShare: 0.05 },
  /**
   * The same of untagged blocks, of which a thousand are enough: no cache of Windows is untagged. [I]; a kernel that ran
   * with a driver leaking 2,600 blocks of three pages showed it at 31 % of the pool.
   */
  oneWayUntagged: { shareOfPool: 0.5, outstanding: 1_000, freedShare: 0.05 },
  /** Fewer blocks than these are rather a reservation than a leak (`leak-findings.ts`). [I] */
  reservation: 100,
  /** More findings than this help nobody. A fifth each: there cannot be more anyway. */
  mostLeaks: 5,
} as const

/**
 * Tags of what Windows keeps for files as long as there is room (reference 10.4): section and cache structures, file names,
 * control blocks of files. On a file server they are most of the pool and hardly freed; that is no leak before the pool is
 * under pressure.
 */
export const cacheTags: ReadonlySet<string> = new Set([
  'MmSt',
  'MmCa',
  'MmSm',
  'MmSb',
  'MmSd',
  'CcSc',
  'CcVa',
  'CcBc',
  'FMfn',
  'FMsl',
  'NtfF',
  'Ntff',
])

/**
 * Tags of objects (reference 10.4): their blocks are made by the object manager whoever asked, so the question is who
 * holds the handles or references, not who allocates.
 */
export const objectTags: readonly string[] = [
  'Thre',
  'Proc',
  'Toke',
  'File',
  'Even',
  'Muta',
  'Sema',
  'Time',
  'Sect',
  'Key ',
  'Port',
  'ALPC',
  'Dire',
  'Symb',
  'Job ',
  'IoCo',
  'Desk',
  'Wind',
]
