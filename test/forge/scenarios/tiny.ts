import { kernelSections } from '../data/kernel-sections.ts'
import type { AddedDriver, Scenario } from '../scenario.ts'
import { depletion2008 } from './nonpaged-depletion-2008.ts'
import { depletionPae } from './nonpaged-depletion-pae.ts'
import { depletionX64 } from './nonpaged-depletion-x64.ts'

const drivers = ['kdcom.dll', 'BOOTVID.dll', 'WMILIB.SYS', 'CLASSPNP.SYS', 'disk.sys', 'Npfs.SYS', 'NDIS.SYS']

const shrunk = (driver: AddedDriver): AddedDriver => ({
  ...driver,
  shape: { ...driver.shape, data: 0x800 },
  imports: driver.imports.filter(({ image }) => image === 'nt' || image === 'hal.dll' || drivers.includes(image)),
})

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

/** A scenario cut down to the tiny machine. */
const tiny = (of: Scenario, name: string, fixed: Readonly<Record<string, number>>): Scenario => ({
  ...of,
  name,
  processors: 2,
  crashedOn: 1,
  physical: tinyPhysical(of),
  addresses: { ...of.addresses, nonPagedLargePages: 0 },
  images: { ...of.images, nt: { ...of.images.nt, sections: kernelSections.tiny, fixed }, large: false },
  drivers,
  added: of.added.map(shrunk),
  win32k: 'none',
  pools: { ...of.pools, ...tinyPools, quotas: quotasOf(of) },
  trackerEntries: 513,
  bigPageEntries: 256,
})

export const tinyX86 = tiny(depletion2008, 'tiny-x86', { ExAllocatePool: 0x4d1f })
export const tinyPae = tiny(depletionPae, 'tiny-x86-pae', {})
export const tinyX64 = tiny(depletionX64, 'tiny-x64', {})
