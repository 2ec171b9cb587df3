import { type DriverEntry, driverCatalogue, halEntry } from '../data/drivers.ts'
import { libraryExports } from '../data/library-exports.ts'
import { allocatorNames, ntFunctions, ntVariables } from '../data/nt-exports.ts'
import { nonPagedTags, pagedTags, prototypeTags } from '../data/pool-tags.ts'
import { type Image, layOutImage } from '../image/image.ts'
import type { CallPlan, ImageSpec } from '../image/image-spec.ts'
import type { ImportGroup } from '../image/import-table.ts'
import { driverSections } from '../image/sections.ts'
import type { Random } from '../random.ts'
import type { AddedDriver, Scenario } from '../scenario.ts'
import { roundUp, tagKey, type Va } from '../words.ts'

export const ntName = 'ntoskrnl.exe'

/** Every image of the machine in load order: nt, hal, boot drivers, later ones. */
export type Images = {
  readonly nt: Image
  readonly all: readonly Image[]
  byName(name: string): Image | undefined
}

/** A plausible link date before the crash, and a checksum. */
const identity = (scenario: Scenario, random: Random): { timestamp: number; checksum: number } => {
  const crashed = Math.floor(Date.parse(scenario.crashedAt) / 1000)
  return { timestamp: crashed - random.between(60, 900) * 86400, checksum: random.between(0x4000, 0x3fffff) }
}

/** First build of each version of Windows, newest first. */
const versions = [
  { build: 10240, osMajor: 10, osMinor: 0 },
  { build: 9600, osMajor: 6, osMinor: 3 },
  { build: 6000, osMajor: 6, osMinor: 1 },
  { build: 0, osMajor: 5, osMinor: 2 },
] as const

const common = ({ layout, paging }: Scenario) => {
  const { osMajor, osMinor } = versions.find(({ build }) => layout.build >= build)!
  return { width: layout.width, machine: paging.machine, osMajor, osMinor }
}

const pdbOf = (name: string): string => `${name.replace(/\.[^.]*$/, '').toLowerCase()}.pdb`

const layOutNt = (scenario: Scenario, random: Random): Image => {
  const { nt } = scenario.images
  return layOutImage(
    {
      name: ntName,
      path: nt.path,
      base: nt.base,
      alignment: 0x1000,
      pdb: { path: nt.pdb, age: 2 },
      sections: nt.sections,
      imports: [
        { image: 'hal.dll', functions: pickSome(libraryExports['hal.dll'], 40, random) },
        { image: 'kdcom.dll', functions: libraryExports['kdcom.dll'] },
        { image: 'BOOTVID.dll', functions: libraryExports['BOOTVID.dll'] },
      ],
      calls: [],
      exports: ntFunctions,
      exportedVariables: ntVariables,
      fixed: nt.fixed,
      ...identity(scenario, random),
      ...common(scenario),
    },
    random,
  )
}

const pickSome = (names: readonly string[], count: number, random: Random): string[] => {
  const left = [...names]
  const chosen: string[] = []
  while (chosen.length < count && left.length > 0) chosen.push(left.splice(random.below(left.length), 1)[0])
  return chosen
}

/** Any nt routine but the allocators: those are given to a driver on purpose. */
const ordinaryRoutines = ntFunctions.filter((name) => !allocatorNames.includes(name) && name !== 'ExFreePoolWithTag')

const callPlans = (
  groups: readonly ImportGroup[],
  tags: readonly string[],
  fixed: Readonly<Record<string, number>>,
  random: Random,
): CallPlan[] =>
  groups.flatMap(({ image, functions }) =>
    functions.map((name): CallPlan => {
      const tagged = name === 'ExAllocatePoolWithTag' || name === 'ExFreePoolWithTag'
      const sites = fixed[name] ?? (tagged ? Math.max(tags.length, 1) + random.below(3) : random.below(3))
      return {
        image,
        name,
        tags: Array.from({ length: sites }, (_, site) =>
          tagged && tags.length > 0 ? tagKey(tags[site % tags.length]) : null,
        ),
      }
    }),
  )

const allTags = [...nonPagedTags, ...pagedTags, ...prototypeTags]
const tagsOf = (image: string): string[] => allTags.filter(({ owner }) => owner === image).map(({ tag }) => tag)

const bootPath = (scenario: Scenario, name: string): string =>
  scenario.layout.build < 6000 && /\.dll$/i.test(name)
    ? `\\WINDOWS\\system32\\${name}`
    : `\\SystemRoot\\System32\\drivers\\${name}`

const catalogueSpec = (
  scenario: Scenario,
  entry: DriverEntry,
  base: Va,
  loaded: ReadonlySet<string>,
  random: Random,
): ImageSpec => {
  const { width } = scenario.layout
  const old = scenario.layout.build < 6000
  const pool = ['ExAllocatePoolWithTag', 'ExFreePoolWithTag']
  const imports: ImportGroup[] = [
    {
      image: ntName,
      functions: [...pickSome(ordinaryRoutines, entry.ntImports, random), ...(entry.ntImports > 4 ? pool : [])],
    },
    ...entry.from
      .filter((image) => loaded.has(image))
      .map((image) => ({ image, functions: pickSome(libraryExports[image], random.between(3, 18), random) })),
  ].filter((group) => group.functions.length > 0)
  const exports = libraryExports[entry.name] ?? []
  const hal = entry === halEntry
  return {
    name: entry.name,
    path: hal ? `\\${old ? 'WINDOWS\\system32' : 'SystemRoot\\system32'}\\hal.dll` : bootPath(scenario, entry.name),
    base,
    alignment: old ? 0x80 : 0x1000,
    pdb: { path: hal ? scenario.images.hal.pdb : pdbOf(entry.name), age: random.between(1, 2) },
    sections: driverSections(
      {
        // Every export needs a function of its own.
        text: Math.max(entry.text * 0x1000 - (old ? 0x200 : 0), exports.length * 0x280) + random.below(0x20) * 0x10,
        data: entry.data * 0x1000 - 0x100,
        page: entry.page * 0x1000,
        init: old ? random.between(6, 40) * 0x80 : entry.init * 0xf80,
        rsrc: 0x400,
        importsIn: !old && random.below(5) === 0 ? '.rdata' : 'INIT',
      },
      width,
      exports.length > 0,
    ),
    imports,
    calls: callPlans(imports, tagsOf(entry.name), {}, random),
    exports,
    ...identity(scenario, random),
    ...common(scenario),
  }
}

const addedSpec = (scenario: Scenario, added: AddedDriver, base: Va, random: Random): ImageSpec => {
  const imports = added.imports.map(({ image, functions }) => ({ image: image === 'nt' ? ntName : image, functions }))
  const { exports = [] } = added
  return {
    name: added.name,
    path: added.path,
    base,
    alignment: added.alignment,
    pdb: { path: added.pdb, age: 1 },
    sections: driverSections(added.shape, scenario.layout.width, exports.length > 0),
    imports,
    calls: callPlans(imports, added.tags, added.callSites, random),
    exports,
    ...identity(scenario, random),
    ...common(scenario),
  }
}

const win32kEntry: DriverEntry = {
  name: 'win32k.sys',
  text: 200,
  data: 12,
  page: 0,
  init: 2,
  from: [],
  ntImports: 120,
  boot: false,
}

/** Decides what is loaded where, and lays every image out. Nothing is bound yet. */
export const layOutImages = (scenario: Scenario, random: Random): Images => {
  const { addresses, drivers, layout } = scenario
  const entries = driverCatalogue.filter(
    ({ name, builds }) => (drivers === null || drivers.includes(name)) && (builds?.includes(layout.build) ?? true),
  )
  const loaded = new Set([ntName, halEntry.name, ...entries.map(({ name }) => name)])
  const nt = layOutNt(scenario, random.fork('nt'))
  const hal = layOutImage(
    catalogueSpec(scenario, halEntry, scenario.images.hal.base, loaded, random.fork('hal')),
    random.fork('hal code'),
  )
  if (nt.spec.base < hal.spec.base && nt.spec.base + nt.sizeOfImage > hal.spec.base)
    throw new Error('The scenario puts hal into nt.')

  const next = { boot: addresses.bootDrivers, late: addresses.lateDrivers }
  const fixed = scenario.added.filter(({ base }) => base !== null)
  const placeAfter = (arena: 'boot' | 'late', lay: (base: Va) => Image): Image => {
    const trial = lay(next[arena])
    const clash = fixed.find(({ base }) => base! + 0x10000 > next[arena] && base! < next[arena] + trial.sizeOfImage)
    if (clash !== undefined) next[arena] = clash.base! + 0x10000
    const image = clash === undefined ? trial : lay(next[arena])
    next[arena] = roundUp(next[arena] + image.sizeOfImage, 0x1000) + random.below(4) * 0x1000
    return image
  }
  const images = entries.map((entry) =>
    placeAfter(entry.boot ? 'boot' : 'late', (base) =>
      layOutImage(
        catalogueSpec(scenario, entry, base, loaded, random.fork(entry.name)),
        random.fork(`${entry.name} code`),
      ),
    ),
  )
  const win32k =
    scenario.win32k === 'none'
      ? []
      : [layOutImage(catalogueSpec(scenario, win32kEntry, addresses.session, loaded, random.fork('win32k')), random)]
  const added = scenario.added.map((driver) => {
    const lay = (base: Va): Image =>
      layOutImage(addedSpec(scenario, driver, base, random.fork(driver.name)), random.fork(`${driver.name} code`))
    return driver.base === null ? placeAfter('late', lay) : lay(driver.base)
  })
  const all = [nt, hal, ...images, ...win32k, ...added]
  return { nt, all, byName: (name) => all.find(({ spec }) => spec.name === name) }
}

/** The address of an exported routine or variable, for binding. */
export const resolveExport = (images: Images, image: string, name: string): Va => {
  const source = images.byName(image)
  const rva = source?.exports.get(name)
  if (source === undefined || rva === undefined) throw new Error(`${image} does not export ${name}.`)
  return source.spec.base + rva
}
