import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { StageOptions } from '../../shared/stages/options.ts'
import { type ContainerName, containers } from '../forge/container/container.ts'
import { dumpOf } from '../forge/machine/dump-machine.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import { fileTime } from '../forge/machine/time.ts'
import type { Scenario } from '../forge/scenario.ts'
import { hexVa, type Va } from '../forge/words.ts'
import { kdbgSlot, openDump, type Reader } from '../forge-tests/reader.ts'
import { unlink, writePointer } from '../forge-tests/unlink.ts'
import { analyzeBytes } from './analyze-source.ts'

/** A machine, how its dump is made and looked at, and who did it. */
export type Variant = {
  readonly scenario: Scenario
  readonly container?: ContainerName
  /** Who leaks, by tag; a leaking tag that is not here has no driver to blame. */
  readonly guilty: Readonly<Record<string, string>>
  /** Which processes, by id, hold the handles to the objects that leak. */
  readonly holders?: readonly number[]
  /** Addresses whose pages the dump does not have. */
  readonly lost?: (machine: Machine) => readonly Va[]
  readonly hidden?: string
  readonly unloaded?: string
  /** The share of the file that arrived. */
  readonly cut?: number
  /** Changes bytes of the dump in place, before it is cut. */
  readonly patch?: (file: Buffer, machine: Machine) => void
  readonly options?: StageOptions
}

export type Judged = {
  readonly analysis: Analysis
  readonly machine: Machine
  readonly verdict: Analysis['verdict']
  readonly candidates: readonly {
    readonly name: string
    readonly tag: string
    readonly confidence: number
    readonly right: boolean
    /** First of a finding that names a culprit. */
    readonly culprit: boolean
  }[]
}

/** KDBG.MmUnloadedDrivers (reference 4.2). */
const unloadedSlot = 0x220

/** Takes a driver out of memory, and puts it in place of the first of the unloaded ones: gone since an hour before the crash. */
const unload = (dump: Reader, name: string, base: bigint, size: number, crashedAt: string): void => {
  for (let at = 0; at < size; at += 0x1000) {
    const page = dump.page(base + BigInt(at))
    if (typeof page !== 'string') page.fill(0)
  }
  const wide = dump.pointerBytes === 8
  const entry = dump.pointer(kdbgSlot(dump, unloadedSlot))
  const start = entry + BigInt(2 * dump.pointerBytes)
  writePointer(dump, start, base)
  writePointer(dump, start + BigInt(dump.pointerBytes), base + BigInt(size))
  const time = fileTime(crashedAt, -3600)
  writeBytes(dump, entry + (wide ? 0x20n : 0x10n), (page, at) => page.writeBigUInt64LE(time, at))
  const text = dump.pointer(entry + BigInt(dump.pointerBytes))
  if (dump.u16(entry + 2n) < name.length * 2) throw new Error(`${name} is too long for the entry it replaces.`)
  writeBytes(dump, text, (page, at) => page.write(name, at, 'utf16le'))
  writeBytes(dump, entry, (page, at) => page.writeUInt16LE(name.length * 2, at))
}

const writeBytes = (dump: Reader, address: bigint, write: (page: Buffer, at: number) => void): void => {
  const page = dump.page(address)
  if (typeof page === 'string') throw new Error(`0x${address.toString(16)} is ${page}`)
  write(page, Number(address & 0xfffn))
}

const framesOf = (machine: Machine, addresses: readonly Va[]): number[] =>
  addresses.flatMap((va) => machine.space.frame(Math.floor(va / 4096))?.pfn ?? [])

const fileOf = (machine: Machine, { container = 'full', lost, hidden, unloaded, patch, cut = 1 }: Variant): Buffer => {
  const left = new Set([...machine.holes.left, ...framesOf(machine, lost?.(machine) ?? [])])
  const dump = dumpOf({ ...machine, holes: { ...machine.holes, left } }, containers[container])
  const file = Buffer.concat(dump.pieces)
  const mode = machine.scenario.paging.name
  if (hidden !== undefined) unlink(file, hidden, mode)
  if (unloaded !== undefined) {
    const { spec, sizeOfImage } = machine.images.byName(unloaded)!
    unlink(file, unloaded, mode)
    const base = BigInt(hexVa(spec.base, spec.width))
    unload(openDump(file, mode), unloaded, base, sizeOfImage, machine.scenario.crashedAt)
  }
  patch?.(file, machine)
  return file.subarray(0, Math.floor(dump.bytes * cut))
}

/** Forges, analyses and compares with the truth: a candidate is right when its base is the guilty driver's. */
export const judgeVariant = async (variant: Variant, machine = buildMachine(variant.scenario)): Promise<Judged> => {
  const { width } = variant.scenario.layout
  const analysis = await analyzeBytes(fileOf(machine, variant), variant.options ?? {})
  const { verdict, findings } = analysis
  const baseOf = (tag: string): string | null => {
    const image = machine.images.byName(variant.guilty[tag] ?? '')
    return image === undefined ? null : hexVa(image.spec.base, width)
  }
  const leaks = findings.filter(({ candidates }) => candidates.length > 0)
  return {
    analysis,
    machine,
    verdict,
    candidates: leaks.flatMap(({ tag, status, candidates }) =>
      candidates.map(({ name, base, pid, confidence }, index) => ({
        name,
        tag: tag ?? '',
        confidence,
        right: (base !== null && base === baseOf(tag ?? '')) || (pid !== null && (variant.holders ?? []).includes(pid)),
        culprit: status === 'culprit' && index === 0,
      })),
    ),
  }
}

/** The page of a driver's slot for an allocator. */
export const slotPage =
  (name: string, routine: string) =>
  ({ images }: Machine): Va[] => {
    const { spec, slots } = images.byName(name)!
    return [spec.base + slots.get(`ntoskrnl.exe!${routine}`)!]
  }

export const headerPage =
  (name: string) =>
  ({ images }: Machine): Va[] => [images.byName(name)!.spec.base]

/** Every page of a driver's image. */
export const imagePages =
  (name: string) =>
  ({ images }: Machine): Va[] => {
    const { spec, sizeOfImage } = images.byName(name)!
    return Array.from({ length: sizeOfImage / 4096 }, (_, page) => spec.base + page * 4096)
  }

/** The pages of the tables the pool made for its own accounting: they carry the tag `Pool`. */
export const trackerPages = ({ pools, scenario }: Machine): Va[] =>
  pools.census.bigs
    .filter(({ count }) => count.tag === 'Pool')
    .slice(0, scenario.processors + (scenario.layout.tagTables.firstIsShared ? 0 : 1))
    .flatMap(({ va, pages }) => Array.from({ length: pages }, (_, page) => va + page * 4096))

/** Pages of a process's handle table: every one, or the share of them at its end. */
export const handleTablePages =
  (pid: number, share = 1) =>
  ({ handleTables }: Machine): Va[] => {
    const pages = handleTables.pages.get(pid) ?? []
    return pages.slice(pages.length - Math.ceil(pages.length * share))
  }
