import { pageCount } from '../container/stored-pages.ts'
import { kernelSections } from '../data/kernel-sections.ts'
import {
  cobaltArm64,
  creators64,
  eightOne64,
  germanium64,
  germaniumArm64,
  nickel64,
  redstone32,
  redstone64,
  vibranium64,
} from '../kernel/current-layouts.ts'
import { server2003x64, vista32, vista64, xp } from '../kernel/early-layouts.ts'
import { type Layout, server2003x86, seven32, seven64 } from '../kernel/layout.ts'
import {
  arm64Paging,
  la57Paging,
  type PagingMode,
  paeCurrentPaging,
  paePaging,
  x64CurrentPaging,
  x64MaskedPaging,
  x64Paging,
  x86Paging,
} from '../memory/paging.ts'
import type { AddressPlan, Scenario } from '../scenario.ts'
import { fiveLevelStart } from '../words.ts'
import { tinyPae, tinyX64, tinyX86 } from './tiny.ts'

/** What a machine of the matrix has that its tiny model has not. */
type Row = {
  readonly of: Scenario
  readonly layout: Layout
  readonly paging: PagingMode
  readonly crashedAt: string
  readonly buildLab: string
  /** How far nt and hal have moved from where the model has them. */
  readonly slide?: number
  readonly addresses?: (plan: AddressPlan) => AddressPlan
}

/** With five levels Windows' layout is in no source: some of the kernel's areas lie where four levels cannot reach. */
const inFiveLevels = (plan: AddressPlan): AddressPlan => ({
  ...plan,
  pfnDatabase: plan.pfnDatabase + 2 * fiveLevelStart,
  nonPagedPool: plan.nonPagedPool.map(({ start, pages }) => ({ start: start + 2 * fiveLevelStart, pages })),
  nonPagedPoolEnd: plan.nonPagedPoolEnd + 2 * fiveLevelStart,
  systemCache: [plan.systemCache[0] + 3 * fiveLevelStart, plan.systemCache[1] + 3 * fiveLevelStart],
  lateDrivers: plan.lateDrivers + 5 * fiveLevelStart,
})

/** Above 4 GiB wherever the mode can reach it. */
const physicalOf = ({ of, paging }: Row): Scenario['physical'] => {
  if (paging.entryBytes === 4) return of.physical
  const high = { base: 0x100000, pages: 0x3fe52 }
  const low = of.physical.machineRuns.filter(({ base }) => base < 0x100000)
  return {
    ...of.physical,
    pages: pageCount([...low, high]),
    machineRuns: [...low, high],
    lent: [...of.physical.lent.slice(0, 3), { base: 0x104000, pages: 0x400 }],
  }
}

const machine = (row: Row): Scenario => {
  const { of, layout, paging, crashedAt, buildLab, slide = 0, addresses = (plan) => plan } = row
  const { nt, hal } = of.images
  const current = layout.tagTables.slots > 64
  return {
    ...of,
    name: `${paging.name}-${layout.build}`,
    layout,
    paging,
    crashedAt,
    buildLab,
    servicePack: layout.build < 9200 ? of.servicePack : 0,
    physical: physicalOf(row),
    addresses: addresses(of.addresses),
    images: {
      ...of.images,
      nt: { ...nt, base: nt.base + slide, sections: current ? kernelSections.tinyCurrent : nt.sections },
      hal: { ...hal, base: hal.base + slide },
    },
    holes: true,
    // Where nothing tells how much the pool may hold, the model's leak is small beside the machine's memory.
    verdict: layout.kdbgWithoutCounters ? 'healthy' : of.verdict,
  }
}

const rows: readonly Row[] = [
  {
    of: tinyX86,
    layout: xp,
    paging: x86Paging,
    crashedAt: '2010-11-23T14:20:36.000Z',
    buildLab: '2600.xpsp_sp3_gdr.100216-1514',
  },
  {
    of: tinyX86,
    layout: server2003x86,
    paging: x86Paging,
    crashedAt: '2009-02-11T08:03:51.000Z',
    buildLab: '3790.srv03_sp2_gdr.080813-1204',
  },
  {
    of: tinyPae,
    layout: vista32,
    paging: paePaging,
    crashedAt: '2011-07-19T03:48:55.000Z',
    buildLab: '6002.18327.x86fre.vistasp2_gdr.101014-0432',
  },
  {
    of: tinyPae,
    layout: seven32,
    paging: paePaging,
    crashedAt: '2012-04-02T22:15:09.000Z',
    buildLab: '7601.17727.x86fre.win7sp1_gdr.111118-2330',
  },
  {
    of: tinyPae,
    layout: redstone32,
    paging: paeCurrentPaging,
    crashedAt: '2019-09-30T10:44:18.000Z',
    buildLab: '17763.1.x86fre.rs5_release.180914-1434',
  },
  {
    of: tinyX64,
    layout: server2003x64,
    paging: x64Paging,
    crashedAt: '2009-12-01T20:09:14.000Z',
    buildLab: '3790.srv03_sp2_gdr.090805-1438',
  },
  {
    of: tinyX64,
    layout: vista64,
    paging: x64Paging,
    crashedAt: '2010-03-31T12:25:01.000Z',
    buildLab: '6002.18082.amd64fre.vistasp2_gdr.090803-2339',
  },
  {
    of: tinyX64,
    layout: seven64,
    paging: x64Paging,
    crashedAt: '2014-06-17T13:20:40.000Z',
    buildLab: '7601.18409.amd64fre.win7sp1_gdr.140303-2144',
  },
  {
    of: tinyX64,
    layout: eightOne64,
    paging: x64Paging,
    crashedAt: '2016-01-08T06:31:02.000Z',
    buildLab: '9600.17415.amd64fre.winblue_r4.141028-1500',
    slide: 0xaf43a000,
  },
  {
    of: tinyX64,
    layout: creators64,
    paging: x64Paging,
    crashedAt: '2018-02-20T19:57:33.000Z',
    buildLab: '15063.0.amd64fre.rs2_release.170317-1834',
    slide: 0x1_3d21_1000,
  },
  {
    of: tinyX64,
    layout: redstone64,
    paging: x64MaskedPaging,
    crashedAt: '2020-05-05T05:05:47.000Z',
    buildLab: '17763.1.amd64fre.rs5_release.180914-1434',
    slide: 0x2_7c61_9000,
  },
  {
    of: tinyX64,
    layout: vibranium64,
    paging: x64MaskedPaging,
    crashedAt: '2022-08-29T15:12:26.000Z',
    buildLab: '19041.1.amd64fre.vb_release.191206-1406',
    slide: 0x4_0b5a_e000,
  },
  {
    of: tinyX64,
    layout: nickel64,
    paging: x64CurrentPaging,
    crashedAt: '2024-03-12T11:40:58.000Z',
    buildLab: '22621.1.amd64fre.ni_release.220506-1250',
    slide: 0x7_51dd_2000,
  },
  {
    of: tinyX64,
    layout: germanium64,
    paging: x64CurrentPaging,
    crashedAt: '2025-10-01T00:21:13.000Z',
    buildLab: '26100.1.amd64fre.ge_release.240331-1435',
    slide: 0x9_2207_7000,
  },
  {
    of: tinyX64,
    layout: germanium64,
    paging: la57Paging,
    crashedAt: '2025-11-19T17:02:36.000Z',
    buildLab: '26100.1.amd64fre.ge_release.240331-1435',
    slide: 0xb_6be0_3000,
    addresses: inFiveLevels,
  },
  {
    of: tinyX64,
    layout: cobaltArm64,
    paging: arm64Paging,
    crashedAt: '2022-12-24T09:33:20.000Z',
    buildLab: '22000.1.arm64fre.co_release.210604-1628',
    slide: 0xd_0a40_0000,
  },
  {
    of: tinyX64,
    layout: germaniumArm64,
    paging: arm64Paging,
    crashedAt: '2025-07-07T21:18:05.000Z',
    buildLab: '26100.1.arm64fre.ge_release.240331-1435',
    slide: 0xe_5d83_6000,
  },
]

/**
 * A small machine for each architecture and each build at which a format changed, with every kind of absent page: what the
 * matrix of containers is made of.
 */
export const matrixMachines: readonly Scenario[] = rows.map(machine)
