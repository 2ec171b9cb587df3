import { allocatorSet } from '../../shared/imports/allocators.ts'
import { trackerLayouts } from '../../shared/kernel/pools/pool-tracker-layout.ts'
import type { HandMadeDump } from '../hand-made/dump.ts'
import { handMadeDump } from '../hand-made/dump.ts'
import { data, text, writeExports, writeImage } from '../hand-made/image.ts'
import { type HandMadeKernel, handMadeKernel } from '../hand-made/kernel.ts'
import { hashOf, type Row, trackerBytes } from '../kernel/pools/tracker-bytes.ts'

/**
 * Dumps of a few pages that claim gigabytes: page tables may lead to one page a million times, lists and headers may say
 * whatever they like. Each aims at one search that would be repeated for everything it finds.
 */
export type LyingDump = { readonly name: string; readonly file: () => Uint8Array }

const large = 0x20_0000n
const drivers = 0xfffff88000000000n
const pool = 0xfffffa8000000000n

const words = (dump: HandMadeDump, pfn: number): BigUint64Array => new BigUint64Array(dump.physical(pfn).buffer)

/** The table that holds the entry for an address, `fromLeaf` levels above those of pages; x64 alone. */
const tableOf = (dump: HandMadeDump, address: bigint, fromLeaf: number): { table: BigUint64Array; index: number } => {
  let pfn = Number(dump.directoryTableBase >> 12n)
  for (let level = 3; ; level--) {
    const table = words(dump, pfn)
    const index = Number((address >> BigInt(12 + 9 * level)) & 511n)
    if (level === fromLeaf) return { table, index }
    if (table[index] === 0n) table[index] = (BigInt(dump.page()) << 12n) | 1n
    pfn = Number((table[index] >> 12n) & 0xf_ffffn)
  }
}

/** Maps the 2 MiB at each of the addresses as those at the first of them are. */
const repeat = (dump: HandMadeDump, first: bigint, times: number): void => {
  const from = tableOf(dump, first, 1)
  for (let time = 1; time < times; time++) {
    const to = tableOf(dump, first + BigInt(time) * large, 1)
    to.table[to.index] = from.table[from.index]
  }
}

/** Puts so many modules behind the kernel on its list, one each 2 MiB from `drivers` on. */
const listModules = (kernel: HandMadeKernel, count: number, size: number): void => {
  const name = kernel.fresh(64)
  kernel.unicode(name, 'x.sys', name + 32n)
  const entries = Array.from({ length: count }, (_, index) => pool + BigInt(index * 0xa0))
  const links = [kernel.listHead, kernel.listEntry(0), ...entries]
  for (const [index, entry] of entries.entries()) {
    kernel.pointer(entry + 0x30n, drivers + BigInt(index) * large)
    kernel.u32(entry + 0x40n, size)
    for (const place of [0x48n, 0x58n]) {
      kernel.u16(entry + place, 10)
      kernel.pointer(entry + place + 8n, name + 32n)
    }
  }
  for (const [index, link] of links.entries()) {
    kernel.pointer(link, links[(index + 1) % links.length])
    kernel.pointer(link + 8n, links[(index + links.length - 1) % links.length])
  }
}

const routines = allocatorSet.routines.filter(({ module }) => module === 'nt').map(({ name }) => name)

/** Exports every routine that is looked for; returns their addresses. */
const exportAll = (kernel: HandMadeKernel): bigint[] => {
  const listed = routines.map((name, index) => ({ name, rva: 0x1000 + index * 16 }))
  const { rva, size } = writeExports(kernel, kernel.base, 0x30000, listed)
  kernel.u32(kernel.base + 0x108n, rva)
  kernel.u32(kernel.base + 0x10cn, size)
  return listed.map((one) => kernel.base + BigInt(one.rva))
}

const bytesOf = (values: BigUint64Array): Uint8Array => new Uint8Array(values.buffer)

/** Thousands of modules, all the same pages: import descriptors without end, and slots that hold what is looked for. */
const modulesOfOneImage = (descriptors: number): Uint8Array => {
  const kernel = handMadeKernel('x64')
  const targets = exportAll(kernel)
  const sections = [
    { name: '.text', rva: 0x1000, size: 0x1000, characteristics: text },
    { name: '.data', rva: 0x40000, size: 0x40000, characteristics: data },
  ]
  const directories = { 1: { rva: 0x2000, size: 0x14 * descriptors }, 13: { rva: 0x8000, size: 0x20 * descriptors } }
  writeImage(kernel, drivers, { size: 0x20_0000, sections, directories: descriptors === 0 ? {} : directories })
  for (let index = 0; index < descriptors; index++) {
    kernel.u32(drivers + BigInt(0x2000 + index * 0x14 + 0xc), 0x10)
    kernel.u32(drivers + BigInt(0x2000 + index * 0x14 + 0x10), 0x40000)
    kernel.u32(drivers + BigInt(0x8000 + index * 0x20), 1)
    kernel.u32(drivers + BigInt(0x8000 + index * 0x20 + 4), 0x10)
    kernel.u32(drivers + BigInt(0x8000 + index * 0x20 + 0xc), 0x40000)
  }
  const slots = new BigUint64Array(0x8000).map((_, index) =>
    index % 2 === 0 ? targets[(index / 2) % targets.length] : drivers + BigInt(index % 1024) * large + 0x3000n,
  )
  kernel.write(drivers + 0x40000n, bytesOf(slots))
  repeat(kernel, drivers, 1024)
  listModules(kernel, 1024, 0x80000)
  return kernel.file()
}

/** The kernel's image says that so many sections of it are data, all of them the same 2 MiB of these words. */
const kernelDataOf = (word: (index: number) => bigint, sections: number): { kernel: HandMadeKernel; at: bigint } => {
  const kernel = handMadeKernel('x64')
  const rva = 0x20_0000
  const own = { name: '.data', rva: 0x10000, size: 0x30000, characteristics: data }
  const more = Array.from({ length: sections }, (_, index) => ({
    name: `.d${index}`,
    rva,
    size: 0x200_0000,
    characteristics: data,
  }))
  writeImage(kernel, kernel.base, { size: 0x3fff_0000, sections: [own, ...more] })
  kernel.write(kernel.base + BigInt(rva), bytesOf(new BigUint64Array(0x4_0000).map((_, index) => word(index))))
  repeat(kernel, kernel.base + BigInt(rva), 16)
  return { kernel, at: kernel.base + BigInt(rva) }
}

/** A table of large blocks in full, with pointers to many places in it. */
const tablesOfBlocks = (): Uint8Array => {
  const { kernel } = kernelDataOf((index) => pool + BigInt(index % 200) * 0x3000n, 1)
  const entry = (index: number): bigint[] => [
    0xfffff8a000000000n + BigInt(index) * 0x1000n,
    0x6b61654cn + BigInt(index % 40),
    0x1000n,
  ]
  kernel.write(pool, bytesOf(BigUint64Array.from(Array.from({ length: 2 ** 16 }, (_, index) => entry(index)).flat())))
  return kernel.file()
}

/** Pages of what looks like the beginning of a debugger data block, and a header that leads nowhere. */
const blocksEverywhere = (): Uint8Array => {
  const dump = handMadeDump('x64')
  for (let page = 0; page < 2048; page++) words(dump, dump.page()).fill(0x340_4742444bn)
  return dump.build({ psLoadedModuleList: 0xfffff80001234560n, kdDebuggerDataBlock: 0xfffff80001234560n })
}

/** Modules so far apart that all between them is their neighbourhood, of which every second page is mapped. */
const scatteredPages = (): Uint8Array => {
  const kernel = handMadeKernel('x64')
  const code = kernel.page()
  const leaves = kernel.page()
  words(kernel, leaves).forEach((_, index, entries) => {
    if (index % 2 === 0) entries[index] = (BigInt(code) << 12n) | 0x63n
  })
  const reach = 4096n * 0x10_0000n
  for (let address = drivers; address < drivers + reach; address += large) {
    const { table, index } = tableOf(kernel, address, 1)
    table[index] = (BigInt(leaves) << 12n) | 0x63n
  }
  listModules(kernel, 2048, 0x1000)
  return kernel.file()
}

/** Four characters, different ones for each number. */
const tagOf = (index: number): number => {
  const letter = (place: number): number => 0x30 + (Math.floor(index / 75 ** place) % 75)
  return letter(0) | (letter(1) << 8) | (letter(2) << 16) | (letter(3) << 24)
}

/** The kernel accounts for more tags than any has room for, the first of them leaking; its drivers are full of that tag. */
const tagsEverywhere = (): Uint8Array => {
  const kernel = handMadeKernel('x64')
  exportAll(kernel)
  const layout = trackerLayouts[1]
  const row = (key: number, bytes: number): Row => ({ key, nonPaged: [90_000, 0, bytes], paged: [90_000, 0, bytes] })
  // Each in the row that its hash says, as a kernel has it, until nearly every row is taken.
  const slots = 2 ** 17
  const rows = Array.from({ length: slots + 1 }, (): Row | null => null)
  let taken = 0
  for (let index = 0; taken < 127_000; index++) {
    const key = tagOf(index)
    const slot = hashOf(key, slots - 1)
    if (rows[slot] !== null) continue
    rows[slot] = row(key, index === 0 ? 2 ** 30 : 4096)
    taken++
  }
  const table = trackerBytes(layout, rows)
  const at = 0xfffff8a000000000n
  kernel.write(at, table)
  kernel.variable(0x1b8, at)
  kernel.variable(0x100, 2n ** 30n + 2n ** 29n)
  const sections = [{ name: '.text', rva: 0x1000, size: 0x1f_f000, characteristics: text }]
  writeImage(kernel, drivers, { size: 0x20_0000, sections })
  // mov ecx, tag; call eax; call eax: what is called is looked for behind each tag, and before each call.
  const leak = tagOf(0)
  const instructions = [0xb9, leak & 0xff, (leak >> 8) & 0xff, (leak >> 16) & 0xff, leak >> 24, 0xff, 0xd0, 0xff, 0xd0]
  kernel.write(
    drivers + 0x1000n,
    Uint8Array.from({ length: 0x1f_f000 }, (_, index) => instructions[index % 9]),
  )
  repeat(kernel, drivers, 1024)
  listModules(kernel, 1024, 0x20_0000)
  return kernel.file({ processors: 1 })
}

export const lyingDumps: readonly LyingDump[] = [
  { name: 'thousands of modules that are one image', file: () => modulesOfOneImage(0) },
  { name: 'thousands of modules with import descriptors without end', file: () => modulesOfOneImage(1024) },
  { name: 'pointers to tables of large blocks', file: tablesOfBlocks },
  {
    name: 'dozens of sections of pointers into session space',
    file: () => kernelDataOf((index) => 0xfffff90000000000n + BigInt(index) * 8n, 90).kernel.file(),
  },
  { name: 'debugger data blocks everywhere', file: blocksEverywhere },
  { name: 'drivers in half a million pieces of memory', file: scatteredPages },
  { name: 'more tags than a kernel has room for, and drivers full of one', file: tagsEverywhere },
]
