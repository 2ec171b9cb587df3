import { ntVariables } from '../data/nt-exports.ts'
import { type ObjectTypeEntry, objectTypesOf } from '../data/object-types.ts'
import type { Image } from '../image/image.ts'
import { type ObjectLayout, objectLayoutOf } from '../kernel/object-layout.ts'
import type { Variables } from '../kernel/variables.ts'
import { outstanding } from '../pool/census.ts'
import type { Block } from '../pool/pool.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { roundUp, tagKey, type Va, writePointer, writeWord } from '../words.ts'
import { mustAllocate, writeUnicodeString } from './module-list.ts'
import type { Pools } from './pools.ts'

/** An object: where its header is, and how many handles lead to it. */
export type ForgedObject = {
  readonly type: string
  readonly header: Va
  readonly body: Va
  /** The block it lies in, and where in its bytes the body begins. */
  readonly block: Block
  readonly bodyOffset: number
  /** Among those that leak. */
  readonly leaks: boolean
  handles: number
}

/** The object manager: types, headers, and how many there are of everything. */
export type Objects = {
  readonly layout: ObjectLayout
  /** Begins a block with an object's header. */
  make(block: Block, type: string, leaks?: boolean): ForgedObject
  /** The name of the type whose objects carry a tag. */
  typeOfTag(tag: string): string
  /** Every object made so far, types apart. */
  readonly made: readonly ForgedObject[]
  /** Objects of a type as its OBJECT_TYPE counts them, and handles to them. */
  totals(): { readonly type: string; readonly tag: string; readonly objects: number; readonly handles: number }[]
  /** Writes what is known when all is made: handle counts into headers, totals into types. */
  write(): void
}

/** Reference 11.2: the first number that a type gets, and what stands in the table before it. */
const firstIndex = (build: number): number => (build < 7600 ? 1 : 2)
const noType = 0xbad0b0b0

/**
 * Gives every exported variable of nt a place, makes the object types those of them with `…Type` point to and the table of
 * all types in nt's data, and hands out object headers.
 */
export const makeObjects = (
  scenario: Scenario,
  nt: Image,
  variables: Variables,
  pools: Pools,
  random: Random,
): Objects => {
  const { build, width, objectHeader } = scenario.layout
  const layout = objectLayoutOf(scenario.layout)
  const headerBytes = roundUp(objectHeader.bytes, width)
  const cookie = layout.masksTypeIndex ? random.between(1, 255) : 0
  variables.place('ObHeaderCookie', 1)
  variables.bytes('ObHeaderCookie')[0] = cookie

  const entries = objectTypesOf(build)
  const first = firstIndex(build)
  const types = new Map(
    entries.map((entry, at) => {
      const block = mustAllocate(pools, pools.nonPaged, 'ObjT', headerBytes + layout.type.bytes, true)
      return [entry.name, { entry, index: first + at, block, body: block.va + headerBytes }]
    }),
  )

  const made: ForgedObject[] = []
  const writeHeader = (block: Block, type: string): void => {
    const { index, body } = types.get(type)!
    const { bytes, offset } = block
    writeWord(bytes, offset, 1, width)
    writeWord(bytes, offset + width, 0, width)
    if (objectHeader.type !== null) writePointer(bytes, offset + objectHeader.type, body, width)
    if (objectHeader.typeIndex !== null) {
      const secondByte = Math.floor(block.va / 0x100) % 0x100
      bytes[offset + objectHeader.typeIndex] = layout.masksTypeIndex ? index ^ secondByte ^ cookie : index
    }
  }
  const make = (block: Block, type: string, leaks = false): ForgedObject => {
    writeHeader(block, type)
    const object: ForgedObject = {
      type,
      header: block.va,
      body: block.va + headerBytes,
      block,
      bodyOffset: block.offset + headerBytes,
      leaks,
      handles: 0,
    }
    made.push(object)
    return object
  }

  for (const { entry, index, block } of types.values()) {
    writeHeader(block, 'Type')
    const at = block.offset + headerBytes
    const text = mustAllocate(pools, pools.paged[1], 'ObNm', entry.name.length * 2 + 2)
    text.bytes.write(entry.name, text.offset, 'utf16le')
    writeUnicodeString(block.bytes, at + layout.type.name, entry.name, text.va, width)
    block.bytes.writeUInt32LE(index, at + layout.type.index)
    block.bytes.writeUInt32LE(tagKey(entry.tag), at + layout.type.key)
  }
  placeTypeTable(variables, [...types.values()], first, width)
  placeExports(scenario, nt, variables, new Map([...types.values()].map(({ entry, body }) => [entry.variable, body])))

  const totals = () =>
    [...types.values()].map(({ entry }) => {
      const { nonPaged, paged } = pools.census.of(entry.tag)
      const handles = made.filter(({ type }) => type === entry.name).reduce((sum, object) => sum + object.handles, 0)
      return { type: entry.name, tag: entry.tag, objects: outstanding(nonPaged) + outstanding(paged), handles }
    })
  const write = (): void => {
    for (const { block, handles } of made) {
      writeWord(block.bytes, block.offset + width, handles, width)
      writeWord(block.bytes, block.offset, 1 + handles * (build >= 9600 ? 0x7fff : 1), width)
    }
    for (const { type, objects, handles } of totals()) {
      const { block } = types.get(type)!
      const at = block.offset + headerBytes
      block.bytes.writeUInt32LE(objects, at + layout.type.objects)
      block.bytes.writeUInt32LE(handles, at + layout.type.handles)
      block.bytes.writeUInt32LE(objects + 17, at + layout.type.mostObjects)
    }
  }
  const typeOfTag = (tag: string): string => {
    const entry = entries.find((one) => one.tag === tag)
    if (entry === undefined) throw new Error(`No type of objects has the tag ${tag}.`)
    return entry.name
  }
  return { layout, make, typeOfTag, made, totals, write }
}

type MadeType = { readonly entry: ObjectTypeEntry; readonly index: number; readonly body: Va }

/** ObTypeIndexTable, before Windows 7 ObpObjectTypes: every type at its number. */
const placeTypeTable = (variables: Variables, types: readonly MadeType[], first: number, width: 4 | 8): void => {
  const table = first === 1 ? 'ObpObjectTypes' : 'ObTypeIndexTable'
  variables.place(table, (first + types.length + 8) * width, width)
  const bytes = variables.bytes(table)
  if (first === 2) writePointer(bytes, width, noType, width)
  for (const { index, body } of types) writePointer(bytes, (first === 1 ? index - 1 : index) * width, body, width)
}

const placeExports = (
  scenario: Scenario,
  nt: Image,
  variables: Variables,
  bodies: ReadonlyMap<string | null, Va>,
): void => {
  for (const name of ntVariables) {
    if (!variables.has(name)) variables.place(name, 0x20)
    const body = bodies.get(name)
    if (body !== undefined) variables.pointer(name, body)
    nt.exports.set(name, variables.va(name) - nt.spec.base)
  }
  variables.u32('NtBuildNumber', (0xf0000000 | scenario.layout.build) >>> 0)
  variables.u32('KeNumberProcessors', scenario.processors)
}

/** What a leaked object holds: a thread that has ended, or one that waits, a process without threads; others begin like nothing in particular. */
export const fillLeaked = (
  { type, block, bodyOffset }: ForgedObject,
  { layout, objectLeaks = [] }: Scenario,
  system: Va,
): void => {
  const { bytes } = block
  bytes.fill(0, bodyOffset, block.offset + block.length)
  if (type === 'Process') bytes[bodyOffset] = 3
  if (type !== 'Thread') return
  bytes[bodyOffset] = 6
  bytes[bodyOffset + layout.thread.state] = objectLeaks.some(({ tag, running }) => tag === 'Thre' && running) ? 5 : 4
  writePointer(bytes, bodyOffset + layout.thread.process, system, layout.width)
}
