import type { Access } from '../memory/entries.ts'
import type { Random } from '../random.ts'
import { roundUp, type Va, writePointer } from '../words.ts'
import { type CallSite, writeCode } from './code.ts'
import { debugEntryBytes, writeDebugDirectory } from './debug-directory.ts'
import { writeExportTable } from './export-table.ts'
import type { ImageSpec } from './image-spec.ts'
import { addressTableBytes, slotRvas, writeImports } from './import-table.ts'
import { type PlacedSection, sectionFlags, writePeHeader } from './pe-headers.ts'
import { type Places, placeSections } from './placement.ts'

/** An image laid out, with its code written; its tables follow when every image's addresses are known. */
export type Image = {
  readonly spec: ImageSpec
  readonly bytes: Buffer
  readonly sections: readonly PlacedSection[]
  readonly sizeOfImage: number
  readonly entryPoint: number
  /** RVA of every exported function (and, once placed, variable). */
  readonly exports: Map<string, number>
  /** RVA of every import's slot, keyed `image!function`. */
  readonly slots: ReadonlyMap<string, number>
  /** RVAs of functions that stay in memory. */
  readonly functions: readonly number[]
  readonly data: { readonly rva: number; readonly bytes: number }
  readonly callSites: ReadonlyMap<string, number>
  readonly pdb: { readonly name: string; readonly guid: string; readonly age: number }
  readonly places: Places
}

/** Lays an image out and writes its code. */
export const layOutImage = (spec: ImageSpec, random: Random): Image => {
  const { width, base, machine } = spec
  const { sections, places, code, variables, sizeOfImage } = placeSections(spec)
  const bytes = Buffer.alloc(sizeOfImage)
  const slots = slotRvas(spec.imports, width, places.iat?.rva ?? 0)
  const { calls, callSites } = planCalls(spec, slots, random)

  const fixed = Object.values(spec.fixed ?? {})
  const functions: number[] = []
  let entryPoint: number | null = null
  for (const [index, { from, to, discardable }] of code.entries()) {
    const starts = fixed.filter((rva) => rva >= from && rva < to)
    const written = writeCode({ bytes, from, to, base, machine, random, starts, calls: index === 0 ? calls : [] })
    if (discardable) entryPoint = written[0]
    else functions.push(...written)
  }
  const image = {
    spec,
    bytes,
    sections,
    sizeOfImage,
    entryPoint: entryPoint ?? functions[0],
    exports: chooseExports(spec, functions, random),
    slots,
    functions,
    data: variables,
    callSites,
    places,
    pdb: writeDebugDirectory(spec, bytes, places.debug!.rva, random),
  }
  fillData(image, random)
  return image
}

/** The calls to write into the code, in random order, and how many each import has. */
const planCalls = (spec: ImageSpec, slots: ReadonlyMap<string, number>, random: Random) => {
  const calls: CallSite[] = []
  const callSites = new Map<string, number>()
  for (const { image, name, tags } of spec.calls) {
    const key = `${image}!${name}`
    const slot = slots.get(key)
    if (slot === undefined) throw new Error(`${spec.name} calls ${key} without importing it.`)
    callSites.set(key, tags.length)
    const frees = name === 'ExFreePoolWithTag'
    for (const tag of tags)
      calls.push({
        slot: spec.base + slot,
        // The tag is an allocation's last argument and a release's second one.
        size: frees && tag !== null ? tag : 0x20 + random.below(60) * 8,
        tag: !frees && tag !== null ? tag : undefined,
      })
  }
  return { calls: random.shuffle(calls), callSites }
}

/** Gives every exported name a function of its own. */
const chooseExports = (spec: ImageSpec, functions: readonly number[], random: Random): Map<string, number> => {
  const exports = new Map<string, number>(Object.entries(spec.fixed ?? {}))
  const fixed = new Set(exports.values())
  const free = random.shuffle(functions.filter((rva) => !fixed.has(rva)))
  for (const name of spec.exports) {
    if (exports.has(name)) continue
    const rva = free.pop()
    if (rva === undefined) throw new Error(`${spec.name} has fewer functions than exports.`)
    exports.set(name, rva)
  }
  return exports
}

/** What variables look like: mostly zero, some counts, flags, list heads on themselves and pointers into the image. */
const fillData = (image: Omit<Image, 'pdb'>, random: Random): void => {
  const { spec, bytes, data, functions } = image
  for (let at = data.rva; at + spec.width <= data.rva + data.bytes; at += spec.width) {
    const kind = random.below(16)
    if (kind < 10) continue
    if (kind < 13) bytes.writeUInt32LE(random.below(0x400), at)
    else if (kind === 13) bytes.writeUInt32LE(random.u32() & 0x0fffff01, at)
    else if (kind === 14) writePointer(bytes, at, spec.base + random.pick(functions), spec.width)
    else writePointer(bytes, at, spec.base + data.rva + random.below(data.bytes / 8) * 8, spec.width)
  }
}

/** Major version of the linker by that of the system. */
const linkers: Readonly<Record<number, number>> = { 5: 7, 6: 9, 10: 14 }

/** Writes headers, export table and bound imports: the image is then as the loader leaves it. */
export const finishImage = (image: Image, resolve: (image: string, name: string) => Va): void => {
  const { spec, bytes, places, sections } = image
  const directories: Record<number, { rva: number; size: number }> = {}
  if (places.exports !== undefined) {
    const entries = [...image.exports].map(([name, rva]) => ({ name, rva }))
    const forwarders = Object.entries(spec.forwarders ?? {}).map(([name, forwarder]) => ({ name, forwarder }))
    writeExportTable(bytes, places.exports.rva, spec.name, spec.timestamp, [...entries, ...forwarders])
    directories[0] = places.exports
  }
  if (spec.imports.length > 0 && places.imports !== undefined && places.iat !== undefined) {
    writeImports(bytes, spec.imports, spec.width, places.imports.rva, places.iat.rva, resolve)
    directories[1] = { rva: places.imports.rva, size: (spec.imports.length + 1) * 0x14 }
    directories[12] = { rva: places.iat.rva, size: addressTableBytes(spec.imports, spec.width) }
  }
  directories[6] = { rva: places.debug!.rva, size: debugEntryBytes }
  const named = (name: string) => sections.find((section) => section.name === name)
  for (const [index, name] of [
    [2, '.rsrc'],
    [3, '.pdata'],
    [5, '.reloc'],
  ] as const) {
    const section = named(name)
    if (section !== undefined) directories[index] = { rva: section.rva, size: section.virtualSize }
  }
  writePeHeader(bytes, {
    base: spec.base,
    width: spec.width,
    machine: spec.machine,
    timestamp: spec.timestamp,
    checksum: spec.checksum,
    sizeOfImage: image.sizeOfImage,
    sizeOfHeaders: sections[0].rva,
    alignment: spec.alignment,
    entryPoint: image.entryPoint,
    sections,
    directories,
    linkerMajor: linkers[spec.osMajor],
    osMajor: spec.osMajor,
    osMinor: spec.osMinor,
  })
}

/** What became of a page of an image: `pageable` ones may be out, `discarded` ones are gone for good. */
export type PageKind = 'resident' | 'pageable' | 'discarded'

/** What the sections that touch each page of an image make of it. */
export const imagePages = (image: Image, keepsDiscardable: boolean): { kind: PageKind; access: Access }[] => {
  const { sections, sizeOfImage } = image
  const { discardable, execute, write, notPaged } = sectionFlags
  // Reference 7.4: only the last contiguous run of discardable sections goes, from its page-rounded-up start.
  let firstDiscarded = sizeOfImage
  for (let index = sections.length - 1; index >= 0 && sections[index].flags & discardable; index--)
    firstDiscarded = roundUp(sections[index].rva, 0x1000)
  return Array.from({ length: sizeOfImage / 0x1000 }, (_, page) => {
    const from = page * 0x1000
    const inside = sections.filter(({ rva, virtualSize }) => rva < from + 0x1000 && rva + virtualSize > from)
    const any = (flag: number) => inside.some(({ flags }) => (flags & flag) !== 0)
    const pageable = inside.length > 0 && inside.every(({ name, flags }) => !(flags & notPaged) && /^PAGE/.test(name))
    return {
      kind: !keepsDiscardable && from >= firstDiscarded ? 'discarded' : pageable ? 'pageable' : 'resident',
      access: { writable: any(write), executable: any(execute) },
    }
  })
}
