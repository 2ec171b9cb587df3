import { kernelSections } from '../data/kernel-sections.ts'
import type { AddedDriver, Scenario } from '../scenario.ts'
import { depletion2008 } from './nonpaged-depletion-2008.ts'
import { depletionX64 } from './nonpaged-depletion-x64.ts'

const shrunk = (driver: AddedDriver): AddedDriver => ({
  ...driver,
  shape: { ...driver.shape, data: 0x800 },
})

const drivers = ['kdcom.dll', 'BOOTVID.dll', 'WMILIB.SYS', 'CLASSPNP.SYS', 'disk.sys', 'Npfs.SYS', 'NDIS.SYS']

/** The least machine that has everything: two processors, a hundred pages of pool, a handful of drivers. For quick tests. */
const tinyPools = {
  nonPagedPages: 110,
  nonPagedMaximum: 116,
  pagedPages: [12, 24],
  pagedResidentShare: 0.5,
} as const

const tinyPhysical = (of: Scenario): Scenario['physical'] => ({
  ...of.physical,
  lent: [
    { base: 0x10, pages: 0x80 },
    { base: 0x400, pages: 0x60 },
    { base: 0x1230, pages: 0x100 },
    { base: 0x9000, pages: 0x400 },
  ],
  regionPages: 16,
})

const quotasOf = (of: Scenario): Scenario['pools']['quotas'] => {
  const [leak, contiguous] = of.pools.quotas
  return [
    { ...leak, outstanding: 611, bytes: 131_072 + 0x1230, big: 2 },
    {
      ...contiguous,
      outstanding: 9,
      bytes: 40_960 + 0x2a0,
      big: 6,
      sizes: [
        { bytes: 0xa0, share: 0.5 },
        { bytes: 0x210, share: 0.5 },
      ],
    },
  ]
}

export const tinyX86: Scenario = {
  ...depletion2008,
  name: 'tiny-x86',
  processors: 2,
  crashedOn: 1,
  physical: tinyPhysical(depletion2008),
  images: {
    ...depletion2008.images,
    nt: { ...depletion2008.images.nt, sections: kernelSections.tiny, fixed: { ExAllocatePool: 0x4d1f } },
  },
  drivers,
  added: depletion2008.added.map(shrunk),
  win32k: 'none',
  pools: { ...depletion2008.pools, ...tinyPools, quotas: quotasOf(depletion2008) },
  trackerEntries: 513,
  bigPageEntries: 256,
}

export const tinyX64: Scenario = {
  ...depletionX64,
  name: 'tiny-x64',
  processors: 2,
  crashedOn: 1,
  physical: tinyPhysical(depletionX64),
  addresses: { ...depletionX64.addresses, nonPagedLargePages: 0 },
  images: {
    ...depletionX64.images,
    nt: { ...depletionX64.images.nt, sections: kernelSections.tiny },
    large: false,
  },
  drivers,
  added: depletionX64.added.map(shrunk),
  win32k: 'none',
  pools: { ...depletionX64.pools, ...tinyPools, quotas: quotasOf(depletionX64) },
  trackerEntries: 513,
  bigPageEntries: 256,
}
