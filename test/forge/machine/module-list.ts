import type { Image } from '../image/image.ts'
import type { Layout } from '../kernel/layout.ts'
import type { Variables } from '../kernel/variables.ts'
import type { Block, Pool } from '../pool/pool.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, type Width, writePointer } from '../words.ts'
import type { Pools } from './pools.ts'
import { fileTime } from './time.ts'

/** Allocates a block that must fit: the pools are empty when the kernel's own blocks are made. */
export const mustAllocate = (pools: Pools, pool: Pool, tag: string, bytes: number, protect = false): Block => {
  const block = pool.allocate(pools.census.of(tag), pool.unitsFor(bytes), protect)
  if (block === null) throw new Error(`The pool has no page for ${tag}.`)
  block.bytes.fill(0, block.offset, block.offset + block.length)
  return block
}

/** UNICODE_STRING: Length, MaximumLength in bytes, Buffer (reference 6.1). */
export const writeUnicodeString = (bytes: Buffer, at: number, text: string, buffer: Va, width: Width): void => {
  bytes.writeUInt16LE(text.length * 2, at)
  bytes.writeUInt16LE(text.length * 2 + 2, at + 2)
  writePointer(bytes, at + width, buffer, width)
}

/** A circular list through blocks: `links` is where a block has its LIST_ENTRY. */
export const linkList = (
  head: { readonly bytes: Buffer; readonly va: Va },
  entries: readonly { readonly bytes: Buffer; readonly at: number; readonly va: Va }[],
  width: Width,
): void => {
  const ring = [{ bytes: head.bytes, at: 0, va: head.va }, ...entries]
  for (const [index, { bytes, at }] of ring.entries()) {
    writePointer(bytes, at, ring[(index + 1) % ring.length].va, width)
    writePointer(bytes, at + width, ring[(index + ring.length - 1) % ring.length].va, width)
  }
}

/** An entry of PsLoadedModuleList; `setPath` moves its path's buffer elsewhere. */
export type ModuleEntry = { readonly image: Image; setPath(buffer: Va): void }

/**
 * Makes PsLoadedModuleList: an entry in non-paged pool for each image, its base name behind it, its path in paged pool.
 */
export const makeModuleList = (
  images: readonly Image[],
  pools: Pools,
  variables: Variables,
  layout: Layout,
): ModuleEntry[] => {
  const { width, moduleEntry } = layout
  const entries = images.map((image) => {
    const { name, path } = image.spec
    const block = mustAllocate(pools, pools.nonPaged, 'MmLd', moduleEntry.bytes + name.length * 2 + 2)
    const { bytes, offset } = block
    const nameAt = moduleEntry.bytes
    bytes.write(name, offset + nameAt, 'utf16le')
    const pathBlock = mustAllocate(pools, pools.paged[1], 'MmLd', path.length * 2 + 2)
    pathBlock.bytes.write(path, pathBlock.offset, 'utf16le')

    writePointer(bytes, offset + moduleEntry.dllBase, image.spec.base, width)
    writePointer(bytes, offset + moduleEntry.entryPoint, image.spec.base + image.entryPoint, width)
    bytes.writeUInt32LE(image.sizeOfImage, offset + moduleEntry.sizeOfImage)
    writeUnicodeString(bytes, offset + moduleEntry.fullName, path, pathBlock.va, width)
    writeUnicodeString(bytes, offset + moduleEntry.baseName, name, block.va + nameAt, width)
    bytes.writeUInt32LE(0x09004000, offset + moduleEntry.flags)
    bytes.writeUInt16LE(1, offset + moduleEntry.loadCount)
    bytes.writeUInt32LE(image.spec.checksum, offset + moduleEntry.checkSum)
    bytes.writeUInt32LE(image.spec.timestamp, offset + moduleEntry.timestamp)
    const setPath = (buffer: Va): void => writeUnicodeString(bytes, offset + moduleEntry.fullName, path, buffer, width)
    return { image, setPath, bytes, at: offset, va: block.va }
  })
  linkList({ bytes: variables.bytes('PsLoadedModuleList'), va: variables.va('PsLoadedModuleList') }, entries, width)
  return entries
}

/** Slots of the ring of unloaded drivers (reference 6.4). */
const unloadedSlots = 50

/** Makes MmUnloadedDrivers, oldest first. */
export const makeUnloadedDrivers = (scenario: Scenario, pools: Pools, variables: Variables): void => {
  const { layout, unloaded } = scenario
  const { width } = layout
  const ring = mustAllocate(pools, pools.nonPaged, 'MmDT', unloadedSlots * layout.unloaded.bytes)
  for (const [slot, driver] of unloaded.entries()) {
    const name = mustAllocate(pools, pools.nonPaged, 'MmDT', driver.name.length * 2)
    name.bytes.write(driver.name, name.offset, 'utf16le')
    const at = ring.offset + slot * layout.unloaded.bytes
    writeUnicodeString(ring.bytes, at, driver.name, name.va, width)
    writePointer(ring.bytes, at + layout.unloaded.start, driver.start, width)
    writePointer(ring.bytes, at + layout.unloaded.end, driver.start + driver.pages * 4096, width)
    ring.bytes.writeBigUInt64LE(fileTime(scenario.crashedAt, -driver.hoursBefore * 3600), at + layout.unloaded.time)
  }
  variables.pointer('MmUnloadedDrivers', ring.va)
  variables.u32('MmLastUnloadedDriver', unloaded.length)
}
