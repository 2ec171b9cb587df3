import type { Access } from '../memory/paging.ts'
import type { Random } from '../random.ts'
import { roundUp, type Va, type Width, writePointer } from '../words.ts'
import { type CallSite, writeCode } from './code.ts'
import { exportTableBytes, writeExportTable } from './export-table.ts'
import { addressTableBytes, type ImportGroup, importDirectoryBytes, slotRvas, writeImports } from './import-table.ts'
import { headerBytes, type PlacedSection, sectionFlags, writePeHeader } from './pe-headers.ts'

/** A part of a section that the image builder writes itself. */
export type Part = 'code' | 'iat' | 'debug' | 'exports' | 'imports' | 'variables'

export type SectionSpec = {
  readonly name: string
  readonly flags: number
  /** Bytes of code, variables or filler besides the tables in `holds`. */
  readonly bytes: number
  readonly holds: readonly Part[]
  /** Where the section must begin, when the scenario says. */
  readonly rva?: number
}

/** Calls to place in the first code section: how often which import is called, and with which tags. */
export type CallPlan = { readonly image: string; readonly name: string; readonly tags: readonly (number | null)[] }

export type ImageSpec = {
  readonly name: string
  readonly path: string
  readonly base: Va
  readonly width: Width
  readonly alignment: number
  readonly timestamp: number
  readonly checksum: number
  readonly pdb: { readonly path: string; readonly age: number }
  readonly osMajor: number
  readonly osMinor: number
  readonly sections: readonly SectionSpec[]
  readonly imports: readonly ImportGroup[]
  readonly calls: readonly CallPlan[]
  /** Exported functions; those in `fixed` live at the RVA given. */
  readonly exports: readonly string[]
  readonly fixed?: Readonly<Record<string, number>>
  readonly forwarders?: Readonly<Record<string, string>>
  /** Exported variables: the owner of .data places them before the image is finished. */
  readonly exportedVariables?: readonly string[]
}

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
  readonly places: Readonly<Record<Part, { readonly rva: number; readonly size: number } | undefined>>
}

const debugEntryBytes = 0x1c

const partBytes = (part: Part, spec: ImageSpec): number => {
  if (part === 'iat') return roundUp(addressTableBytes(spec.imports, spec.width), 16)
  if (part === 'debug') return roundUp(debugEntryBytes + 0x18 + spec.pdb.path.length + 1, 16)
  if (part === 'imports') return roundUp(importDirectoryBytes(spec.imports, spec.width), 16)
  if (part === 'exports') {
    const names = [...spec.exports, ...(spec.exportedVariables ?? []), ...Object.keys(spec.forwarders ?? {})]
    return roundUp(exportTableBytes(spec.name, names, Object.values(spec.forwarders ?? {})), 16)
  }
  return 0
}

/** Lays an image out and writes its code. */
export const layOutImage = (spec: ImageSpec, random: Random): Image => {
  const { width, base } = spec
  const sizeOfHeaders = roundUp(headerBytes(spec.sections.length, width), spec.alignment)
  const places: Partial<Record<Part, { rva: number; size: number }>> = {}
  const sections: PlacedSection[] = []
  const codeRanges: { from: number; to: number; discardable: boolean }[] = []
  let next = sizeOfHeaders
  for (const section of spec.sections) {
    const rva = section.rva ?? roundUp(next, spec.alignment)
    if (rva < next) throw new Error(`${spec.name}: section ${section.name} does not fit before ${rva.toString(16)}.`)
    let at = rva
    for (const part of section.holds) {
      const inline = part === 'code' || part === 'variables'
      const size = inline ? section.bytes : partBytes(part, spec)
      if (size === 0) continue
      places[part] ??= { rva: at, size }
      if (part === 'code')
        codeRanges.push({ from: at, to: at + size, discardable: (section.flags & sectionFlags.discardable) !== 0 })
      at += size
    }
    if (!section.holds.includes('code') && !section.holds.includes('variables')) at += section.bytes
    sections.push({ name: section.name, rva, virtualSize: at - rva, flags: section.flags })
    next = at
  }
  const sizeOfImage = roundUp(next, 0x1000)
  const bytes = Buffer.alloc(sizeOfImage)
  const slots = slotRvas(spec.imports, width, places.iat?.rva ?? 0)

  const calls: CallSite[] = []
  const callSites = new Map<string, number>()
  for (const { image, name, tags } of spec.calls) {
    const key = `${image}!${name}`
    const slot = slots.get(key)
    if (slot === undefined) throw new Error(`${spec.name} calls ${key} without importing it.`)
    callSites.set(key, (callSites.get(key) ?? 0) + tags.length)
    for (const tag of tags)
      calls.push({
        slot: base + slot,
        size: name === 'ExFreePoolWithTag' && tag !== null ? tag : 0x20 + random.below(60) * 8,
        tag: name !== 'ExFreePoolWithTag' && tag !== null ? tag : undefined,
      })
  }
  for (let index = calls.length - 1; index > 0; index--) {
    const other = random.below(index + 1)
    ;[calls[index], calls[other]] = [calls[other], calls[index]]
  }

  const fixed = Object.values(spec.fixed ?? {})
  const functions: number[] = []
  let entryPoint = 0
  for (const [index, { from, to, discardable }] of codeRanges.entries()) {
    const starts = fixed.filter((rva) => rva >= from && rva < to)
    const written = writeCode({ bytes, from, to, base, width, random, starts, calls: index === 0 ? calls : [] })
    if (discardable) entryPoint = written[0]
    else functions.push(...written)
  }

  const exports = new Map<string, number>(Object.entries(spec.fixed ?? {}))
  const free = functions.filter((rva) => !fixed.includes(rva))
  for (const name of spec.exports) {
    if (exports.has(name)) continue
    if (free.length === 0) throw new Error(`${spec.name} has fewer functions than exports.`)
    const chosen = random.below(free.length)
    exports.set(name, free[chosen])
    free[chosen] = free[free.length - 1]
    free.pop()
  }

  const image: Image = {
    spec,
    bytes,
    sections,
    sizeOfImage,
    entryPoint: entryPoint || functions[0],
    exports,
    slots,
    functions,
    data: variablesOf(sections, spec),
    callSites,
    pdb: { name: spec.pdb.path, guid: '', age: spec.pdb.age },
    places: {
      code: undefined,
      iat: undefined,
      debug: undefined,
      exports: undefined,
      imports: undefined,
      variables: undefined,
      ...places,
    },
  }
  fillData(image, random)
  return { ...image, pdb: writeDebugDirectory(image, random) }
}

const variablesOf = (sections: readonly PlacedSection[], spec: ImageSpec): { rva: number; bytes: number } => {
  const index = spec.sections.findIndex((section) => section.holds.includes('variables'))
  if (index < 0) throw new Error(`${spec.name} has no section for variables.`)
  return { rva: sections[index].rva, bytes: sections[index].virtualSize }
}

/** What variables look like: mostly zero, some counts, flags, list heads on themselves and pointers into the image. */
const fillData = (image: Image, random: Random): void => {
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

/** One CodeView record of type RSDS (reference 7.8). */
const writeDebugDirectory = (image: Image, random: Random): Image['pdb'] => {
  const { spec, bytes, places } = image
  if (places.debug === undefined) throw new Error(`${spec.name} has no place for its debug directory.`)
  const entry = places.debug.rva
  const record = entry + debugEntryBytes
  bytes.writeUInt32LE(spec.timestamp, entry + 4)
  bytes.writeUInt32LE(2, entry + 0xc)
  bytes.writeUInt32LE(0x18 + spec.pdb.path.length + 1, entry + 0x10)
  bytes.writeUInt32LE(record, entry + 0x14)
  bytes.writeUInt32LE(record, entry + 0x18)
  bytes.write('RSDS', record, 'latin1')
  for (let index = 0; index < 16; index += 4) bytes.writeUInt32LE(random.u32(), record + 4 + index)
  bytes.writeUInt32LE(spec.pdb.age, record + 0x14)
  bytes.write(`${spec.pdb.path}\0`, record + 0x18, 'latin1')
  return { name: spec.pdb.path, guid: guidText(bytes.subarray(record + 4, record + 20)), age: spec.pdb.age }
}

/** Data1-Data2-Data3-Data4 in upper-case hexadecimal, the first three fields little-endian in memory (reference 12.7). */
const guidText = (guid: Buffer): string => {
  const field = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  const tail = guid.subarray(8).toString('hex')
  const head = `${field(guid.readUInt32LE(0), 8)}-${field(guid.readUInt16LE(4), 4)}-${field(guid.readUInt16LE(6), 4)}`
  return `${head}-${tail.slice(0, 4)}-${tail.slice(4)}`.toUpperCase()
}

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
    timestamp: spec.timestamp,
    checksum: spec.checksum,
    sizeOfImage: image.sizeOfImage,
    sizeOfHeaders: sections[0].rva,
    alignment: spec.alignment,
    entryPoint: image.entryPoint,
    sections,
    directories,
    linkerMajor: spec.osMajor === 5 ? 7 : 9,
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
