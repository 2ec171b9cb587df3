import type { MachineFacts } from '../container/header.ts'
import { placeKdbgVariables, writeKdbg } from '../kernel/kdbg.ts'
import { createVariables, type Variables } from '../kernel/variables.ts'
import { type AddressSpace, createAddressSpace } from '../memory/address-space.ts'
import { readWrite, subsectionEntry } from '../memory/entries.ts'
import { createPhysical, type Physical } from '../memory/physical.ts'
import type { TrackedTag } from '../pool/tracker.ts'
import { createRandom, type Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, writePointer } from '../words.ts'
import { writeCounters } from './counters.ts'
import { type HandleTables, type HandleTruth, makeHandleTables } from './handles.ts'
import { type Holes, makeHoles, noHoles } from './holes.ts'
import { type Images, layOutImages } from './images.ts'
import { fillImages, mapImages, type Residency } from './load-images.ts'
import { type ModuleEntry, makeModuleList, makeUnloadedDrivers } from './module-list.ts'
import { fillLeaked, makeObjects, type Objects } from './objects.ts'
import { placeOwnPointers } from './own-pointers.ts'
import { placeOwnTexts } from './own-texts.ts'
import { makePoolTables, placeTagTables } from './pool-tables.ts'
import { createPools, fillPools, type Pools } from './pools.ts'
import { makeProcesses } from './processes.ts'
import { makeProcessors, placeFirstPcr } from './processors.ts'
import { makeSessionPool } from './session-pool.ts'
import { fileTime } from './time.ts'

/** A forged machine: everything its dumps are written and the truth file is told from. */
export type Machine = {
  readonly scenario: Scenario
  readonly facts: MachineFacts
  readonly physical: Physical
  readonly holes: Holes
  readonly space: AddressSpace
  readonly images: Images
  readonly residency: Residency
  readonly variables: Variables
  readonly pools: Pools
  readonly tracked: readonly TrackedTag[]
  readonly objects: Objects
  readonly handles: readonly HandleTruth[]
  readonly handleTables: HandleTables
  /** Modules whose path is paged out. */
  readonly pathless: ReadonlySet<string>
}

/** Counts page-file slots; 0 would read as demand zero. */
const createPageFile = (): (() => number) => {
  let next = 0x40
  return () => next++
}

/** Forges a machine. Deterministic: the scenario's name seeds everything that is left to chance. */
export const buildMachine = (scenario: Scenario): Machine => {
  const random = createRandom(scenario.name)
  const physical = createPhysical(scenario.physical.lent, scenario.physical.regionPages, random.fork('physical'))
  const space = createAddressSpace(scenario.paging, physical)
  const pageFileOffset = createPageFile()

  const images = layOutImages(scenario, random.fork('images'))
  const { nt } = images
  const residency = mapImages(scenario, images, space, pageFileOffset, random.fork('residency'))
  const variables = createVariables(nt, random.fork('variables'))
  placeTagTables(scenario, variables)
  placeFirstPcr(scenario, variables)
  placeKdbgVariables(variables, scenario.layout)

  const pools = createPools(scenario, space, physical, pageFileOffset, random.fork('pools'))
  const tables = makePoolTables(scenario, pools, variables, random.fork('tracker'))
  const objects = makeObjects(scenario, nt, variables, pools, random.fork('objects'))
  const modules = makeModuleList(images.all, pools, variables, scenario.layout)
  makeUnloadedDrivers(scenario, pools, variables)
  const processes = makeProcesses(scenario, pools, variables, space, objects)
  const processors = makeProcessors(scenario, pools, variables, space, processes.system, objects)
  const handleTables = makeHandleTables(scenario, processes.all, objects, pools, variables, random.fork('handles'))
  writeCounters(scenario, variables, pools)
  makeSessionPool(scenario, variables, space, random.fork('session pool'))
  const files = makeFileView(scenario, pools)
  const holes = scenario.holes
    ? makeHoles(scenario, space, physical, pools, pageFileOffset, random.fork('holes'))
    : noHoles

  fillPools(scenario, images, pools, random.fork('pool contents'), (tag, block) =>
    fillLeaked(objects.make(block, objects.typeOfTag(tag), true), scenario, processes.system),
  )
  const handles = handleTables.write()
  objects.write()
  const tracked = tables.write()
  placeOwnPointers(scenario, images, variables)
  placeOwnTexts(scenario, images)
  writeKdbg(variables, scenario.layout, nt, scenario.paging.selfMap, random.fork('kdbg'))
  const pathless = pageOutPaths(scenario, modules, space, random.fork('paths'))

  mapTheRest(scenario, space, files)
  const stack = mapStack(scenario, space, nt.spec.base + nt.functions[40])
  const context = {
    machine: scenario.paging.machine,
    instructionPointer: nt.spec.base + nt.exports.get('KeBugCheckEx')! + 0x1b,
    stackPointer: stack,
  }
  processors.crash(context)
  fillImages(images, space)
  processors.write()
  processes.writeRoots()

  const facts: MachineFacts = {
    ...context,
    width: scenario.layout.width,
    pae: scenario.paging.name === 'x86-pae',
    build: scenario.layout.build,
    directoryTableBase: space.directoryTableBase,
    // Reference 1.5: the database's address on older systems, the variable's on newer ones.
    pfnDataBase: scenario.layout.build < 6000 ? scenario.addresses.pfnDatabase : variables.va('MmPfnDatabase'),
    psLoadedModuleList: variables.va('PsLoadedModuleList'),
    psActiveProcessHead: variables.va('PsActiveProcessHead'),
    kdDebuggerDataBlock: variables.va('KdDebuggerDataBlock'),
    processors: scenario.processors,
    bugcheck: scenario.bugcheck,
    machineRuns: scenario.physical.machineRuns,
    systemTime: fileTime(scenario.crashedAt),
    systemUpTime: BigInt(scenario.uptimeSeconds) * 10_000_000n,
    productType: 3,
    suiteMask: 0x110,
  }
  return {
    scenario,
    facts,
    physical,
    holes,
    space,
    images,
    residency,
    variables,
    pools,
    tracked,
    objects,
    handles,
    handleTables,
    pathless,
  }
}

/** Prototype PTEs of a mapped file that is not in memory: they lead to a subsection, not to a page (reference 5.8). */
const makeFileView = (scenario: Scenario, pools: Pools): Va => {
  const entries = 16
  const { entryBytes } = scenario.paging
  const { low, high } = subsectionEntry(scenario.paging)
  const pool = pools.paged[0]
  const block = pool.allocate(pools.census.of('MmSt'), pool.unitsFor(entries * entryBytes))
  if (block === null) throw new Error('The paged pool has no page for prototype PTEs.')
  for (let index = 0; index < entries; index++) {
    block.bytes.writeUInt32LE(low, block.offset + index * entryBytes)
    if (entryBytes === 8) block.bytes.writeUInt32LE(high, block.offset + index * entryBytes + 4)
  }
  return block.va
}

/** Every ninth path of a late driver has gone to the page file. */
const pageOutPaths = (
  scenario: Scenario,
  modules: readonly ModuleEntry[],
  space: AddressSpace,
  random: Random,
): ReadonlySet<string> => {
  const { start, pages } = scenario.addresses.pagedPool
  const first = start / 4096
  const out = [...space.absent]
    .filter(([page, reason]) => reason === 'paged-out' && page >= first && page < first + pages)
    .map(([page]) => page)
  const pathless = new Set<string>()
  if (out.length === 0) return pathless
  for (const [index, { image, setPath }] of modules.entries()) {
    if (index % 9 !== 8 || image.spec.name === scenario.culprit?.module) continue
    setPath(random.pick(out) * 4096 + random.below(200) * 16)
    pathless.add(image.spec.name)
  }
  return pathless
}

/** The PFN database beyond what the file holds, a view of a file, and paged pool that was never touched. */
const mapTheRest = (scenario: Scenario, space: AddressSpace, prototypes: Va): void => {
  const { addresses, physical, paging } = scenario
  const largeBytes = paging.largePages * 4096
  const highest = Math.max(...physical.machineRuns.map(({ base, pages }) => base + pages))
  const databaseBytes = highest * addresses.pfnEntryBytes
  // It stands at the top of memory, where the forge fills nothing.
  let pfn = Math.floor((highest - databaseBytes / 4096) / paging.largePages - 1) * paging.largePages
  for (let at = 0; at < databaseBytes; at += largeBytes) {
    space.mapLargePartly(addresses.pfnDatabase + at, pfn, [])
    pfn += paging.largePages
  }
  for (let page = 0; page < 64; page++)
    space.prototype(
      addresses.systemCache[0] + page * 4096,
      prototypes + (page % 16) * paging.entryBytes,
      addresses.pagedPool.start,
    )
  const end = addresses.pagedPool.start + scenario.pools.pagedMaximum * 4096
  for (let page = 1; page <= 24; page++) space.demandZero(end - page * 4096)
}

/** The crashing thread's kernel stack; returns the stack pointer. */
const mapStack = (scenario: Scenario, space: AddressSpace, returnAddress: Va): Va => {
  const { width } = scenario.layout
  const base = scenario.addresses.systemArea + 0x400000
  for (let page = 0; page < 3; page++) space.map(base + page * 4096, readWrite)
  const pointer = base + 3 * 4096 - 0x400
  const frame = Buffer.alloc(0x100)
  for (let at = 0; at < frame.length; at += width * 4) {
    writePointer(frame, at, pointer + at + 0x40, width)
    writePointer(frame, at + width, returnAddress + at, width)
  }
  space.write(pointer, frame)
  return pointer
}
