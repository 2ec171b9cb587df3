/** Where EPROCESS keeps what is read of it (reference 11.4). The process id lies just before the links, on every build. */
export type ProcessLayout = {
  readonly fromBuild: number
  readonly pointerBytes: 4 | 8
  readonly links: number
  readonly objectTable: number
  readonly imageName: number
  readonly activeThreads: number
  /** Sizes of the structure in the builds and updates that share this layout. */
  readonly sizes: readonly number[]
  /** Where the Peb lies, if the others lie at fixed distances from it on all builds from here on. */
  readonly peb?: number
}

const row = (
  pointerBytes: 4 | 8,
  fromBuild: number,
  offsets: readonly [links: number, objectTable: number, imageName: number, activeThreads: number],
  sizes: readonly number[],
  peb?: number,
): ProcessLayout => {
  const [links, objectTable, imageName, activeThreads] = offsets
  return { fromBuild, pointerBytes, links, objectTable, imageName, activeThreads, sizes, peb }
}

/** Change with every change of a row: analyses record it. */
export const processLayoutsVersion = '2'

/**
 * By first build, ascending; Server 2003 has two under one build number. From 19041 on the x64 fields lie at one distance
 * from the Peb: 19041 x64, the 22000 ARM64 sample (Peb 508: links 400, object table 528, name 560) and 26100 x64 agree.
 */
const layouts: readonly ProcessLayout[] = [
  row(4, 2600, [0x88, 0xc4, 0x174, 0x1a0], [0x260]),
  row(4, 3790, [0x88, 0xc4, 0x154, 0x180], [0x278]),
  row(4, 3790, [0x98, 0xd4, 0x164, 0x190], [0x278]),
  row(4, 6000, [0xa0, 0xdc, 0x14c, 0x178], [0x270]),
  row(4, 7600, [0xb8, 0xf4, 0x16c, 0x198], [0x2c0, 0x2e0]),
  row(4, 9200, [0xb8, 0x150, 0x170, 0x19c], [0x2e8, 0x2f8, 0x310]),
  row(4, 10240, [0xb8, 0x154, 0x170, 0x19c], [0x380]),
  row(4, 10586, [0xb8, 0x154, 0x174, 0x1a0], [0x370, 0x388]),
  row(4, 15063, [0xb8, 0x15c, 0x17c, 0x1a8], [0x3e0, 0x3e8, 0x400, 0x408, 0x480]),
  row(4, 19041, [0xe8, 0x18c, 0x1ac, 0x1d8], [0x4c0]),
  row(8, 3790, [0xe0, 0x158, 0x268, 0x2b0], [0x3e0]),
  row(8, 6000, [0xe8, 0x160, 0x238, 0x280], [0x3e8]),
  row(8, 7600, [0x188, 0x200, 0x2e0, 0x328], [0x4d0, 0x4f8]),
  row(8, 9200, [0x2e8, 0x408, 0x438, 0x480], [0x660, 0x6b8, 0x6d8]),
  row(8, 10240, [0x2f0, 0x418, 0x448, 0x490], [0x798, 0x7a8]),
  row(8, 10586, [0x2f0, 0x418, 0x450, 0x498], [0x788, 0x7b0]),
  row(8, 15063, [0x2e8, 0x418, 0x450, 0x498], [0x818, 0x838, 0x848, 0x850]),
  row(8, 18362, [0x2f0, 0x418, 0x450, 0x498], [0x880]),
  row(8, 19041, [0x448, 0x570, 0x5a8, 0x5f0], [0xa40], 0x550),
]

/** An update that changes KPROCESS moves all that follows it: seen is one pointer less than Server 2003 x64 has. */
const shifts = [-1, 1, -2, 2] as const

/**
 * The layouts worth trying, the likeliest first: that of the structure's own size where the debugger data block tells it,
 * those of the build, all others, and at last the build's moved by a pointer or two. `peb` is that block's
 * OffsetEprocessPeb. None is to be used that does not validate.
 */
export const processLayouts = (
  pointerBytes: 4 | 8,
  build: number,
  size: number | null,
  peb: number | null,
): ProcessLayout[] => {
  const known = layouts.filter((layout) => layout.pointerBytes === pointerBytes)
  const latest = known.findLast(({ fromBuild }) => build >= fromBuild)?.fromBuild ?? known[0].fromBuild
  const rank = (layout: ProcessLayout): number => {
    const ofBuild = layout.fromBuild === latest
    const ofSize = size !== null && layout.sizes.includes(size)
    return ofBuild && ofSize ? 0 : ofBuild ? 1 : ofSize ? 2 : 3
  }
  // The later of two with one build number is the service packs'.
  const ranked = [...known].reverse().sort((a, b) => rank(a) - rank(b))
  const shifted = known.filter((layout) => layout.peb !== undefined && layout.peb !== peb)
  const ofBuild = ranked.filter(({ fromBuild }) => fromBuild === latest)
  return [
    ...(peb === null || build < 19041 ? [] : shifted.map((layout) => moved(layout, peb - (layout.peb ?? peb)))),
    ...ranked,
    ...shifts.flatMap((by) => ofBuild.map((layout) => moved(layout, by * pointerBytes))),
  ]
}

const moved = (layout: ProcessLayout, by: number): ProcessLayout => ({
  ...layout,
  links: layout.links + by,
  objectTable: layout.objectTable + by,
  imageName: layout.imageName + by,
  activeThreads: layout.activeThreads + by,
  sizes: [],
  ...(layout.peb === undefined ? {} : { peb: layout.peb + by }),
})
