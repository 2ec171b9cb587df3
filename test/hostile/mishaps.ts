import type { Machine } from '../forge/machine/machine.ts'
import type { Random } from '../forge/random.ts'
import type { Scenario } from '../forge/scenario.ts'
import { hexVa, type Va } from '../forge/words.ts'
import type { Reader } from '../forge-tests/reader.ts'
import { writePointer } from '../forge-tests/unlink.ts'

/** What can be wrong with a machine or with its dump. */
export type Mishap = {
  readonly name: string
  /** The machine was like this. */
  readonly scenario?: (scenario: Scenario, random: Random) => Scenario
  /** These pages are not in the dump. */
  readonly lost?: (machine: Machine, random: Random) => readonly Va[]
  /** The dump was changed like this. */
  readonly patch?: (dump: Reader, machine: Machine, random: Random) => void
  /** The share of the file that arrived. */
  readonly cut?: (random: Random) => number
}

/** Fields of the dump's header (reference 1.2, 1.3). */
const field = ({ bits }: Reader) =>
  bits === 64
    ? { build: 0xc, root: 0x10, pfn: 0x18, modules: 0x20, processes: 0x28, processors: 0x34, kdbg: 0x80, width: 8 }
    : { build: 0xc, root: 0x10, pfn: 0x14, modules: 0x18, processes: 0x1c, processors: 0x24, kdbg: 0x60, width: 4 }

const setWord = (dump: Reader, at: number, value: bigint): void => {
  if (dump.bits === 64) dump.file.writeBigUInt64LE(BigInt.asUintN(64, value), at)
  else dump.file.writeUInt32LE(Number(BigInt.asUintN(32, value)), at)
}

const filler = 0x4547415045474150n

/** Slots of KDBG (reference 4.2). */
const slots = {
  kernBase: 0x18,
  modules: 0x48,
  processes: 0x50,
  pagedDescriptors: 0x68,
  tracker: 0x1b8,
  descriptor: 0x1c0,
}
const counters = [0xf8, 0x100, 0x140, 0x148, 0x150, 0x1a8, 0x250]

const kdbgAt = (dump: Reader): bigint => {
  const at = dump.bits === 64 ? dump.file.readBigUInt64LE(0x80) : BigInt(dump.file.readUInt32LE(0x60))
  return at
}

/** Puts a value into a slot of KDBG: eight bytes on every architecture. */
const setSlot = (dump: Reader, offset: number, value: bigint): void => {
  const address = kdbgAt(dump) + BigInt(offset)
  const page = dump.page(address)
  // A pointer that was changed before may leave no room for it on its page.
  const at = Number(address & 0xfffn)
  if (typeof page !== 'string' && at <= 0xff8) page.writeBigUInt64LE(value, at)
}

const va = (machine: Machine, name: string): bigint =>
  BigInt(hexVa(machine.variables.va(name), machine.scenario.layout.width))

const put = (dump: Reader, address: bigint, value: bigint): void => {
  if (typeof dump.page(address) !== 'string') writePointer(dump, address, BigInt.asUintN(dump.bits, value))
}

const fill = (dump: Reader, address: bigint, length: number, byte: (at: number) => number): void => {
  for (let at = 0; at < length; at++) {
    const page = dump.page(address + BigInt(at))
    if (typeof page !== 'string') page[Number((address + BigInt(at)) & 0xfffn)] = byte(at)
  }
}

const frames = (machine: Machine): Va[] => [...machine.space.present.keys()].map((page) => page * 4096)

const some = (random: Random, share: number, pages: readonly Va[]): Va[] => pages.filter(() => random.chance(share))

/** The tables of the pool's own accounting, table by table. */
const ownTables = ({ pools }: Machine) =>
  pools.census.bigs
    .filter(({ count }) => count.tag === 'Pool')
    .map(({ va: start, pages }) => Array.from({ length: pages }, (_, page) => start + page * 4096))

const trackerTables = (machine: Machine) =>
  ownTables(machine).slice(0, machine.scenario.processors + (machine.scenario.layout.tagTables.firstIsShared ? 0 : 1))

/** A module's entry of the list; null where another mishap keeps it from being found. */
const entryOf = (dump: Reader, machine: Machine, name: string): bigint | null => {
  const head = va(machine, 'PsLoadedModuleList')
  const [buffer, base] = dump.bits === 64 ? [0x60n, 0x58n] : [0x30n, 0x2cn]
  try {
    for (let at = dump.pointer(head), count = 0; at !== head && count < 512; at = dump.pointer(at), count++) {
      const text = dump.read(dump.pointer(at + buffer), dump.u16(at + base)).toString('utf16le')
      if (text === name) return at
    }
  } catch {
    // The plain reader throws for what is not there.
  }
  return null
}

const oddBuilds = [
  1, 2195, 3788, 5112, 6000, 6001, 7000, 7850, 9200, 9431, 10074, 10586, 14393, 16299, 17134, 18362, 18363, 19045,
  20348, 21996, 22631, 25398, 26200, 28000, 65535, 0xf0001db1,
]

export const mishaps: readonly Mishap[] = [
  { name: 'nothing' },
  { name: 'kdbg pointer is filler', patch: (dump) => setWord(dump, field(dump).kdbg, filler) },
  {
    name: 'kdbg pointer leads elsewhere',
    patch: (dump, machine, random) =>
      setWord(dump, field(dump).kdbg, va(machine, 'PsActiveProcessHead') + BigInt(random.below(4096) * 8)),
  },
  {
    name: 'kdbg is of another kernel',
    patch: (dump) => {
      setSlot(dump, slots.kernBase, 0xfffff80712345000n)
      setSlot(dump, slots.modules, 0xfffff80712945000n)
    },
  },
  { name: 'kdbg is not in the dump', lost: ({ variables }) => [variables.va('KdDebuggerDataBlock')] },
  {
    name: 'kdbg slots lie',
    patch: (dump, machine, random) => {
      for (const slot of [slots.tracker, slots.pagedDescriptors, slots.descriptor, slots.processes, ...counters])
        if (random.chance(0.4)) setSlot(dump, slot, va(machine, 'PsLoadedModuleList') + BigInt(random.below(9000) * 8))
    },
  },
  {
    name: 'kdbg slots are empty',
    patch: (dump, _, random) => {
      for (let slot = 0x68; slot < 0x290; slot += 8) if (random.chance(0.5)) setSlot(dump, slot, 0n)
    },
  },
  {
    name: 'no tracker, by a slot that is 0',
    patch: (dump) => setSlot(dump, slots.tracker, 0n),
  },
  {
    name: 'root of nothing',
    patch: (dump, _, random) => setWord(dump, field(dump).root, BigInt(random.below(0x4000)) * 0x1000n),
  },
  { name: 'module list is filler', patch: (dump) => setWord(dump, field(dump).modules, filler) },
  { name: 'process list is filler', patch: (dump) => setWord(dump, field(dump).processes, filler) },
  {
    name: 'an odd build',
    patch: (dump, _, random) => {
      dump.file.writeUInt32LE(random.pick(oddBuilds), field(dump).build)
    },
  },
  {
    name: 'a strange number of processors',
    patch: (dump, _, random) => {
      dump.file.writeUInt32LE(random.pick([0, 1, 3, 64, 2048, 0x45474150, 0xffffffff]), field(dump).processors)
    },
  },
  { name: 'a page in twenty is lost', lost: (machine, random) => some(random, 0.05, frames(machine)) },
  { name: 'every third page is lost', lost: (machine, random) => some(random, 0.34, frames(machine)) },
  {
    name: 'pages of the tracker are lost',
    lost: (machine, random) => some(random, 0.5, trackerTables(machine).flat()),
  },
  {
    name: "all but one processor's table is lost",
    lost: (machine, random) => {
      const [first, ...rest] = trackerTables(machine)
      return random.chance(0.5) ? rest.flat() : (first ?? [])
    },
  },
  {
    name: 'pages of nt are lost',
    lost: ({ images }, random) =>
      some(
        random,
        0.3,
        Array.from({ length: images.nt.sizeOfImage / 4096 }, (_, page) => images.nt.spec.base + page * 4096),
      ),
  },
  { name: "nt's header is lost", lost: ({ images }) => [images.nt.spec.base] },
  {
    name: 'pages of drivers are lost',
    lost: ({ images }, random) =>
      images.all.slice(2).flatMap(({ spec, sizeOfImage }) =>
        some(
          random,
          0.3,
          Array.from({ length: sizeOfImage / 4096 }, (_, page) => spec.base + page * 4096),
        ),
      ),
  },
  {
    name: 'all processors but one are gone from ExPoolTagTables',
    patch: (dump, machine) => {
      const { slots: count } = machine.scenario.layout.tagTables
      for (let slot = 1; slot < Math.min(count, 64); slot++)
        put(dump, va(machine, 'ExPoolTagTables') + BigInt(slot * dump.pointerBytes), 0n)
    },
  },
  {
    name: 'pool counters are 0',
    patch: (dump, machine) => {
      const descriptor = machine.scenario.layout.descriptor
      if (descriptor === null) return
      fill(dump, va(machine, 'NonPagedPoolDescriptor') + 8n, 0x60, () => 0)
    },
  },
  {
    name: 'pool counters are absurd',
    patch: (dump, machine, random) => {
      if (machine.scenario.layout.descriptor !== null)
        fill(dump, va(machine, 'NonPagedPoolDescriptor') + 8n, 0x60, () => random.below(256))
      for (const name of ['MmMaximumNonPagedPoolInBytes', 'MmNumberOfPhysicalPages', 'MmSizeOfPagedPoolInBytes'])
        if (random.chance(0.5) && machine.variables.has(name))
          put(dump, va(machine, name), BigInt(random.u32()) * BigInt(random.pick([0, 1, 0x10000])))
    },
  },
  {
    name: 'the tracker is overwritten here and there',
    patch: (dump, machine, random) => {
      for (const page of trackerTables(machine).flat()) {
        const address = BigInt(hexVa(page, machine.scenario.layout.width))
        for (let hit = 0; hit < 12; hit++) fill(dump, address + BigInt(random.below(4080)), 8, () => random.below(256))
      }
    },
  },
  {
    name: 'the table of big pages is overwritten',
    patch: (dump, machine, random) => {
      const last = ownTables(machine)[trackerTables(machine).length]
      for (const page of last ?? [])
        fill(dump, BigInt(hexVa(page, machine.scenario.layout.width)), 4096, () => random.below(256))
    },
  },
  {
    name: 'the module list runs in a circle',
    patch: (dump, machine, random) => {
      const at = entryOf(dump, machine, random.pick(machine.images.all).spec.name)
      if (at !== null) put(dump, at, at)
    },
  },
  {
    name: 'modules claim absurd sizes',
    patch: (dump, machine, random) => {
      const size = dump.bits === 64 ? 0x40n : 0x20n
      for (const { spec } of machine.images.all.slice(1)) {
        if (!random.chance(0.2)) continue
        const entry = entryOf(dump, machine, spec.name)
        if (entry === null) continue
        const at = entry + size
        const page = dump.page(at)
        if (typeof page !== 'string')
          page.writeUInt32LE(random.pick([0, 1, 0xfff, 0x10000000, 0xffffffff]), Number(at & 0xfffn))
      }
    },
  },
  {
    name: 'modules have strange names',
    patch: (dump, machine, random) => {
      const [buffer, base] = dump.bits === 64 ? [0x60n, 0x58n] : [0x30n, 0x2cn]
      const names = [
        '',
        'ntoskrnl.exe',
        'hal.dll',
        'Wdf01000.sys',
        '\u0000\u0001',
        '日本語.sys',
        '../../x',
        'leaky.sys',
      ]
      for (const { spec } of machine.images.all.slice(2)) {
        if (!random.chance(0.25)) continue
        const at = entryOf(dump, machine, spec.name)
        if (at === null) continue
        const text = Buffer.from(random.pick(names), 'utf16le').subarray(0, spec.name.length * 2)
        const place = dump.pointer(at + buffer)
        fill(dump, place, text.length, (index) => text[index])
        const length = dump.page(at + base)
        if (typeof length !== 'string') length.writeUInt16LE(text.length, Number((at + base) & 0xfffn))
      }
    },
  },
  {
    name: 'bits flip everywhere',
    patch: ({ file }, _, random) => {
      for (let flip = 0; flip < 3000; flip++) file[0x2000 + random.below(file.length - 0x2000)] ^= 1 << random.below(8)
    },
  },
  {
    name: 'bits flip in the header',
    patch: ({ file }, _, random) => {
      for (let flip = 0; flip < 12; flip++) file[8 + random.below(0x1ff0)] ^= 1 << random.below(8)
    },
  },
  { name: 'cut short', cut: (random) => 0.05 + random.below(95) / 100 },
  {
    name: 'nt and hal elsewhere',
    scenario: (scenario, random) => {
      const slide = random.between(1, 0x300) * 0x1000
      const { nt, hal } = scenario.images
      const room = nt.base < hal.base ? hal.base - nt.base : nt.base - hal.base
      return {
        ...scenario,
        images: {
          ...scenario.images,
          nt: { ...nt, base: nt.base + (room > 0x1000000 ? slide : 0) },
          hal: { ...hal, base: hal.base + (room > 0x1000000 ? 2 * slide : 0) },
        },
      }
    },
  },
  {
    name: 'counters of the leaking tag went round',
    scenario: (scenario) => ({
      ...scenario,
      pools: { ...scenario.pools, wrapping: scenario.pools.quotas.map(({ tag }) => tag) },
    }),
  },
  {
    name: 'blocks are marked as those of XP',
    scenario: (scenario) =>
      scenario.layout.build === 3790
        ? {
            ...scenario,
            layout: {
              ...scenario.layout,
              poolType: { nonPaged: 1, paged: 2, lookasideNonPaged: 0, lookasidePaged: 0 },
            },
          }
        : scenario,
  },
  {
    name: 'the machine has crashed before its clock was set',
    patch: ({ file, bits }) => {
      file.fill(0, bits === 64 ? 0xfa8 : 0xfb8, bits === 64 ? 0xfb0 : 0xfc8)
    },
  },
]
